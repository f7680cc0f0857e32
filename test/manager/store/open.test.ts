import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../../manager/store/sqlite/database.ts'
import { migrations } from '../../../manager/store/sqlite/migrations/index.ts'
import { digestOf } from '../../../shared/ids.ts'
import { instanceStates } from '../../../shared/proplet.ts'
import { outcomes, taskStates } from '../../../shared/task.ts'
import { text } from './records.ts'
import { NOW_MS, refusal, standingClock, store, temporaryFolder } from './support.ts'

/** A data directory that was used, and the file of its database. */
async function usedDirectory(): Promise<{ dir: string; file: string }> {
  const dir = join(await temporaryFolder(), 'data')
  await (await store({ dir })).close()
  return { dir, file: join(dir, 'samara.db') }
}

describe('opening a data directory', () => {
  it('keeps its incarnation', async () => {
    const { dir } = await usedDirectory()
    const again = await store({ dir, clock: standingClock(NOW_MS + 9) })
    expect(again.incarnation).toBe(NOW_MS)
  })

  it('refuses a newer schema and names both', async () => {
    const { dir, file } = await usedDirectory()
    const db = new Database(file)
    db.pragma('user_version = 99')
    db.close()
    const { code, message } = await refusal(store({ dir }))
    expect(code).toBe('FAILED_PRECONDITION')
    expect(message).toContain('schema 99')
    expect(message).toContain(`schemas up to ${migrations.length}`)
    expect(message).toContain(file)
  })

  it.each([
    ['noise', () => Buffer.alloc(8192, 0x5a)],
    ['a damaged page', (whole: Buffer) => whole.fill(0xff, 100, 4096)],
    ['a cut file', (whole: Buffer) => whole.subarray(0, 5000)],
  ])('names a file that is %s', async (_, damage) => {
    const { dir, file } = await usedDirectory()
    const { readFile } = await import('node:fs/promises')
    await writeFile(file, damage(await readFile(file)))
    expect(await refusal(store({ dir }))).toMatchObject({ code: 'DATA_LOSS', message: expect.stringContaining(file) })
  })

  it("refuses another program's database", async () => {
    const dir = await temporaryFolder()
    const db = new Database(join(dir, 'samara.db'))
    db.exec('CREATE TABLE notes (text TEXT)')
    db.close()
    expect((await refusal(store({ dir }))).code).toBe('FAILED_PRECONDITION')
  })

  it('names a file that cannot be opened', async () => {
    const dir = await temporaryFolder()
    await mkdir(join(dir, 'samara.db'))
    expect(await refusal(store({ dir }))).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining(dir) })
  })

  it('refuses a second opener of the same process until the first ends', async () => {
    const { dir } = await usedDirectory()
    const first = await store({ dir })
    expect((await refusal(store({ dir }))).code).toBe('FAILED_PRECONDITION')
    await first.probe()
    await first.close()
    await (await store({ dir })).probe()
  })

  it('refuses a second process, and opens once the first was killed', async () => {
    const { dir } = await usedDirectory()
    const child = spawn(process.execPath, [fileURLToPath(new URL('./fixtures/writer.ts', import.meta.url)), dir])
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    const { code, message } = await refusal(store({ dir }))
    expect([code, message]).toEqual(['FAILED_PRECONDITION', expect.stringContaining('another manager')])
    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await store({ dir })).probe()
  })
})

describe('schema', () => {
  const schema = async () => {
    const db = openDatabase(join(await temporaryFolder(), 'samara.db'), 1)
    const rows = db
      .prepare<[], string>('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name')
      .pluck()
      .all()
    db.close()
    return rows.join('\n')
  }

  it('knows every state and outcome', async () => {
    const sql = await schema()
    for (const values of [taskStates, outcomes, instanceStates])
      expect(sql).toContain(`IN (${values.map((value) => `'${value}'`).join(', ')})`)
  })

  // Databases in the field have the released schema. Should this fail, put the old text back and add a migration.
  it('of migration 1 is the released one', () => {
    expect(digestOf(text(migrations[0] ?? ''))).toBe('09fdec8fd85f889ef62adaea79ec20d554105b8b90314a55b190fb82ee1adb0f')
  })

  it('of an older release is brought up to date, and keeps what it has', async () => {
    const file = join(await temporaryFolder(), 'samara.db')
    const old = new Database(file)
    old.pragma('application_id = 1397576257')
    old.exec(migrations[0] ?? '')
    old.exec(`INSERT INTO meta (only, incarnation) VALUES (1, 7);
      INSERT INTO functions (name, latest, created_ms) VALUES ('thermo', 1, 1);
      INSERT INTO versions VALUES ('default', 1, 1, 'aa', 1, 'bb', 'core', 1, 1, 'alice');
      INSERT INTO deployments VALUES (1, 'default', 'd-1', 'ann', 'f', 1, 'aa', '*', 'every', 5, 0, 1, 1, 1, 1, x'00')`)
    old.pragma('user_version = 1')
    old.close()
    const db = openDatabase(file, 1)
    expect(db.pragma('user_version', { simple: true })).toBe(migrations.length)
    expect(db.prepare('SELECT manifest, grants FROM versions').all()).toEqual([{ manifest: 'aa', grants: null }])
    expect(db.prepare('SELECT trigger_kind, every_ms, edge FROM deployments').all()).toEqual([
      { trigger_kind: 'every', every_ms: 5, edge: null },
    ])
    expect(() => db.exec("UPDATE deployments SET trigger_kind = 'sometimes'")).toThrow(/CHECK/)
    expect(() => db.exec("UPDATE deployments SET trigger_kind = 'edge', edge = 'rising'")).not.toThrow()
    db.close()
  })

  it('has a namespace in every table but meta', async () => {
    const tables = (await schema())
      .split('CREATE ')
      .filter((sql) => sql.startsWith('TABLE') && !sql.startsWith('TABLE meta'))
    expect(tables.length).toBeGreaterThan(10)
    for (const table of tables) expect(table).toContain("namespace TEXT NOT NULL DEFAULT 'default'")
  })
})
