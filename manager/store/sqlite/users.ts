import type { Database } from 'better-sqlite3'
import type { UserRecord } from '../store.ts'
import type { Sync } from './messages.ts'
import { NAMESPACE } from './rows.ts'

export function users(db: Database): Sync<'putUser' | 'removeUser' | 'users'> {
  const put = db.prepare(`INSERT INTO users (id, token_hash, role, created_ms) VALUES (?, ?, ?, ?)
    ON CONFLICT (namespace, id) DO UPDATE SET token_hash = excluded.token_hash, role = excluded.role,
    created_ms = excluded.created_ms`)
  const remove = db.prepare(`DELETE FROM users WHERE namespace = ${NAMESPACE} AND id = ?`)
  const all = db.prepare<[], UserRecord>(`SELECT id, token_hash AS tokenHash, role, created_ms AS createdMs
    FROM users WHERE namespace = ${NAMESPACE} ORDER BY id`)
  return {
    putUser({ id, tokenHash, role, createdMs }) {
      put.run(id, tokenHash, role, createdMs)
    },
    removeUser: (id) => remove.run(id).changes > 0,
    users: () => all.all(),
  }
}
