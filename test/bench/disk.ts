import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'

/** A bare database with the durability of the store: each commit is on the disk when it returns. */
export type Disk = {
  /** Commits one small row, and gives the time it took, in ms. */
  commit(): number
  close(): void
}

const ROW_BYTES = 200

export function openDisk(dir: string): Disk {
  const db = new Database(join(dir, 'floor.db'))
  db.pragma('locking_mode = EXCLUSIVE')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec('CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, body BLOB)')
  const insert = db.prepare('INSERT INTO rows (body) VALUES (?)')
  const body = randomBytes(ROW_BYTES)
  return {
    commit() {
      const beganMs = performance.now()
      insert.run(body)
      return performance.now() - beganMs
    },
    close: () => db.close(),
  }
}
