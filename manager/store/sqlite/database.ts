import Database from 'better-sqlite3'
import { SamaraError } from '../../../shared/errors.ts'
import { translate } from './errors.ts'
import { migrations } from './migrations/index.ts'

export const DATABASE_FILE = 'samara.db'

/** `SMRA`: tells our files from those of others. */
const APPLICATION_ID = 0x534d5241
/** A predecessor that is just ending gets this long to let go. */
const BUSY_MS = 1000
/** The log is written into the file when it has so many pages of 4 KiB; fewer and larger turns cost less fsync. */
const CHECKPOINT_PAGES = 4000
const LOG_BYTES = 64 * 1024 * 1024

/**
 * Opens the database for this process alone, and brings it to the newest schema.
 *
 * The lock is SQLite's exclusive one, held from here until close. The system drops it with the process, so nothing
 * stale is left behind. It also spares the shared memory file. POSIX drops such a lock as soon as the process closes
 * any other handle of the file, so nobody may open it beside SQLite.
 */
export function openDatabase(file: string, nowMs: number): Database.Database {
  let db: Database.Database | undefined
  try {
    db = new Database(file, { timeout: BUSY_MS })
    configure(db)
    identify(db, file)
    migrate(db, file)
    db.prepare('INSERT OR IGNORE INTO meta (only, incarnation) VALUES (1, ?)').run(nowMs)
    return db
  } catch (error) {
    db?.close()
    throw inUse(error, file) ?? translate(error, file)
  }
}

export const incarnationOf = (db: Database.Database): number =>
  db.prepare<[], number>('SELECT incarnation FROM meta').pluck().get() ?? 0

/** A restored database is newer than all that saw the old one, or devices would keep what it no longer knows. [P-7.2] */
export function renewIncarnation(file: string, nowMs: number): void {
  const db = openDatabase(file, nowMs)
  try {
    const damage = db.pragma('quick_check(1)', { simple: true })
    if (damage !== 'ok') throw new SamaraError('DATA_LOSS', `database ${file}: it is damaged: ${damage}`)
    db.prepare('UPDATE meta SET incarnation = max(?, incarnation + 1)').run(nowMs)
  } catch (error) {
    throw translate(error, file)
  } finally {
    db.close()
  }
}

function configure(db: Database.Database): void {
  // Before the first look into the file: a log opened by then would need shared memory for good.
  db.pragma('locking_mode = EXCLUSIVE')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('foreign_keys = ON')
  db.pragma('trusted_schema = OFF')
  db.pragma('cell_size_check = ON')
  db.pragma('cache_size = -32000')
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  db.pragma(`journal_size_limit = ${LOG_BYTES}`)
  // WAL takes the exclusive lock with the first transaction, not with the mode.
  db.exec('BEGIN IMMEDIATE; COMMIT')
}

function identify(db: Database.Database, file: string): void {
  if (db.pragma('application_id', { simple: true }) === APPLICATION_ID) return
  const tables = db.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get()
  if (tables !== 0) throw new SamaraError('FAILED_PRECONDITION', `database ${file}: not one of Samara's`)
  db.pragma(`application_id = ${APPLICATION_ID}`)
}

function migrate(db: Database.Database, file: string): void {
  const found = Number(db.pragma('user_version', { simple: true }))
  if (found > migrations.length)
    throw new SamaraError(
      'FAILED_PRECONDITION',
      `database ${file}: schema ${found} is a newer release's; this one knows schemas up to ${migrations.length}`,
    )
  for (const [index, sql] of migrations.entries()) if (index >= found) apply(db, sql, index + 1)
}

function apply(db: Database.Database, sql: string, version: number): void {
  db.transaction(() => {
    db.exec(sql)
    db.pragma(`user_version = ${version}`)
  })()
}

function inUse(error: unknown, file: string): SamaraError | undefined {
  if (!(error instanceof Database.SqliteError) || !error.code.startsWith('SQLITE_BUSY')) return undefined
  return new SamaraError('FAILED_PRECONDITION', `database ${file}: another manager has this data directory open`, {
    cause: error,
  })
}
