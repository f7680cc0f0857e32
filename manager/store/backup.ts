import { constants } from 'node:fs'
import { copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../../shared/clock.ts'
import { SamaraError } from '../../shared/errors.ts'
import { blobPath, listBlobs, syncFolder } from './blobs.ts'
import { DATABASE_FILE, renewIncarnation } from './sqlite/database.ts'
import { BLOBS_FOLDER, type SqliteStore } from './sqlite/open.ts'

/**
 * A backup is a folder that looks like a data directory: `samara.db` and `blobs/`. The database is renamed into its
 * place last, so a folder that has it is whole.
 */

const PARTIAL = `${DATABASE_FILE}.partial`

/** Writes a backup of a store in use into a new or empty `folder`. */
export async function backup(store: SqliteStore, folder: string): Promise<void> {
  await requireEmpty(folder, 'backup')
  await copyBlobs(store.dir, folder)
  await store.backup(join(folder, PARTIAL))
  // Again: those that the copied database names and that came after the first time. What a sweep removed meanwhile
  // was old, so the first time has it.
  await copyBlobs(store.dir, folder)
  await finish(folder)
}

/** Makes the new or empty `dir` a data directory with a backup's content and a larger incarnation. */
export async function restore(folder: string, dir: string, clock: Clock): Promise<void> {
  if (!(await namesIn(folder)).includes(DATABASE_FILE))
    throw new SamaraError('FAILED_PRECONDITION', `restore: ${folder} is not a whole backup, it has no ${DATABASE_FILE}`)
  await requireEmpty(dir, 'restore')
  await copyBlobs(folder, dir)
  await copyDurably(join(folder, DATABASE_FILE), join(dir, PARTIAL))
  renewIncarnation(join(dir, PARTIAL), clock.now())
  await finish(dir)
}

async function finish(folder: string): Promise<void> {
  await rename(join(folder, PARTIAL), join(folder, DATABASE_FILE))
  await syncFolder(folder)
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

async function requireEmpty(folder: string, what: string): Promise<void> {
  if ((await namesIn(folder)).length > 0)
    throw new SamaraError('FAILED_PRECONDITION', `${what}: ${folder} is not empty`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
}

/** Copies the blobs of one data directory that the other has not. */
async function copyBlobs(from: string, to: string): Promise<void> {
  const [source, target] = [join(from, BLOBS_FOLDER), join(to, BLOBS_FOLDER)]
  await mkdir(target, { recursive: true, mode: 0o700 })
  const there = new Set(await listBlobs(target))
  const folders = new Set([to, target])
  for (const digest of await listBlobs(source)) {
    if (there.has(digest)) continue
    const path = blobPath(target, digest)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    folders.add(dirname(path))
    await copyUnlessSwept(blobPath(source, digest), path)
  }
  for (const folder of folders) await syncFolder(folder)
}

async function copyUnlessSwept(from: string, to: string): Promise<void> {
  try {
    await copyDurably(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    await rm(to, { force: true })
  }
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  await using file = await open(to, 'r+')
  await file.sync()
}
