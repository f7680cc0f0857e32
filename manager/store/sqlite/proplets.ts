import type { Database } from 'better-sqlite3'
import type { DesiredRecord, PropletRecord } from '../store.ts'
import type { Sync } from './messages.ts'
import { NAMESPACE, present } from './rows.ts'

type PropletRow = {
  readonly id: PropletRecord['id']
  readonly tokenHash: string | null
  readonly labels: string
  readonly hello: Uint8Array | null
  readonly lastSeenMs: number | null
  readonly createdMs: number
}

const DESIRED = 'SELECT proplet, revision, digest, size_bytes AS sizeBytes FROM desired'

function statements(db: Database) {
  return {
    put: db.prepare(`INSERT INTO proplets (id, token_hash, labels, hello, last_seen_ms, created_ms)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (namespace, id) DO UPDATE SET token_hash = excluded.token_hash,
      labels = excluded.labels, hello = excluded.hello, last_seen_ms = excluded.last_seen_ms, created_ms = excluded.created_ms`),
    // An update only: a late message must not bring a removed proplet back.
    seen: db.prepare(
      `UPDATE proplets SET last_seen_ms = ?, hello = coalesce(?, hello) WHERE namespace = ${NAMESPACE} AND id = ?`,
    ),
    remove: db.prepare(`DELETE FROM proplets WHERE namespace = ${NAMESPACE} AND id = ?`),
    all: db.prepare<[], PropletRow>(`SELECT id, token_hash AS tokenHash, labels, hello, last_seen_ms AS lastSeenMs,
      created_ms AS createdMs FROM proplets WHERE namespace = ${NAMESPACE} ORDER BY id`),
    setDesired: db.prepare(`INSERT INTO desired (proplet, revision, digest, size_bytes) VALUES (?, 1, ?, ?)
      ON CONFLICT (namespace, proplet) DO UPDATE SET revision = revision + 1, digest = excluded.digest,
      size_bytes = excluded.size_bytes WHERE digest <> excluded.digest`),
    desired: db.prepare<[string], DesiredRecord>(`${DESIRED} WHERE namespace = ${NAMESPACE} AND proplet = ?`),
    allDesired: db.prepare<[], DesiredRecord>(`${DESIRED} WHERE namespace = ${NAMESPACE} ORDER BY proplet`),
  }
}

export function proplets(
  db: Database,
): Sync<'putProplet' | 'seenProplet' | 'removeProplet' | 'proplets' | 'setDesired' | 'desired'> {
  const sql = statements(db)
  return {
    putProplet({ id, tokenHash, labels, hello, lastSeenMs, createdMs }) {
      sql.put.run(id, tokenHash ?? null, JSON.stringify(labels), hello ?? null, lastSeenMs ?? null, createdMs)
    },
    seenProplet(id, seenMs, hello) {
      sql.seen.run(seenMs, hello ?? null, id)
    },
    removeProplet: (id) => sql.remove.run(id).changes > 0,
    proplets: () => sql.all.all().map((row) => ({ ...present(row), labels: JSON.parse(row.labels) })),
    setDesired(proplet, digest, sizeBytes) {
      sql.setDesired.run(proplet, digest, sizeBytes)
      return sql.desired.get(proplet) ?? { proplet, revision: 1, digest, sizeBytes }
    },
    desired: () => sql.allDesired.all(),
  }
}
