import type { Database } from 'better-sqlite3'
import type { FunctionName } from '../../../shared/ids.ts'
import type { FunctionRecord, Granted, PageQuery, VersionRecord } from '../store.ts'
import type { Sync } from './messages.ts'
import { NAMESPACE, pageLimit, present, readCursor, toPage } from './rows.ts'

type FunctionRow = Omit<FunctionRecord, 'aliases'> & { readonly seq: number; readonly aliases: string }
type VersionRow = Omit<VersionRecord, 'granted'> & { readonly [K in keyof Granted]: Granted[K] | null }
type Pointer = { readonly seq: number; readonly latest: number }

const FUNCTION = `SELECT seq, name, latest, created_ms AS createdMs,
  (SELECT json_group_object(alias, version) FROM aliases WHERE function = functions.seq) AS aliases FROM functions`
const VERSION = `SELECT f.name AS function, v.version, v.manifest, v.manifest_bytes AS manifestBytes, v.artefact, v.kind,
  v.size_bytes AS sizeBytes, v.created_ms AS createdMs, v.created_by AS createdBy, v.grants,
  v.grants_bytes AS grantsBytes, v.granted_by AS grantedBy, v.granted_ms AS grantedMs
  FROM functions f JOIN versions v ON v.function = f.seq WHERE f.namespace = ${NAMESPACE} AND f.name = ?`

function toRecord({ seq: _, aliases, ...rest }: FunctionRow): FunctionRecord {
  return { ...rest, aliases: JSON.parse(aliases) }
}

function toVersion({ grants, grantsBytes, grantedBy, grantedMs, ...rest }: VersionRow): VersionRecord {
  if (grants === null) return rest
  return { ...rest, granted: present({ grants, grantsBytes, grantedBy, grantedMs }) as Granted }
}

function statements(db: Database) {
  return {
    pointer: db.prepare<[string], Pointer>(
      `SELECT seq, latest FROM functions WHERE namespace = ${NAMESPACE} AND name = ?`,
    ),
    addFunction: db.prepare(`INSERT INTO functions (name, latest, created_ms) VALUES (?, 0, ?)`),
    setLatest: db.prepare('UPDATE functions SET latest = ? WHERE seq = ?'),
    addVersion: db.prepare(`INSERT INTO versions
      (function, version, manifest, manifest_bytes, artefact, kind, size_bytes, created_ms, created_by)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    // Selecting from versions makes an alias of a version that is not there change nothing.
    setAlias: db.prepare(`INSERT INTO aliases (function, alias, version)
      SELECT function, ?, version FROM versions WHERE function = ? AND version = ?
      ON CONFLICT (function, alias) DO UPDATE SET version = excluded.version`),
    setGrants: db.prepare(`UPDATE versions SET grants = ?, grants_bytes = ?, granted_by = ?, granted_ms = ?
      WHERE function = ? AND version = ?`),
    remove: db.prepare(`DELETE FROM functions WHERE namespace = ${NAMESPACE} AND name = ?`),
    one: db.prepare<[string], FunctionRow>(`${FUNCTION} WHERE namespace = ${NAMESPACE} AND name = ?`),
    page: db.prepare<[number, number], FunctionRow>(
      `${FUNCTION} WHERE namespace = ${NAMESPACE} AND seq < ? ORDER BY seq DESC LIMIT ?`,
    ),
    versions: db.prepare<[string], VersionRow>(`${VERSION} ORDER BY v.version DESC`),
    version: db.prepare<[string, number], VersionRow>(`${VERSION} AND v.version = ?`),
    latest: db.prepare<[string], VersionRow>(`${VERSION} AND v.version = f.latest`),
    aliased: db.prepare<[string, string], VersionRow>(
      `${VERSION} AND v.version = (SELECT version FROM aliases a WHERE a.function = f.seq AND a.alias = ?)`,
    ),
  }
}

export function functions(
  db: Database,
): Sync<
  'addVersion' | 'setAlias' | 'setGrants' | 'removeFunction' | 'function' | 'functions' | 'versions' | 'version'
> {
  const sql = statements(db)

  function ensure(name: FunctionName, createdMs: number): Pointer {
    const found = sql.pointer.get(name)
    if (found) return found
    return { seq: Number(sql.addFunction.run(name, createdMs).lastInsertRowid), latest: 0 }
  }

  function append(function_: Pointer, given: Omit<VersionRecord, 'version'>): VersionRecord {
    const added = { ...given, version: function_.latest + 1 }
    sql.addVersion.run(
      function_.seq,
      added.version,
      added.manifest,
      added.manifestBytes,
      added.artefact,
      added.kind,
      added.sizeBytes,
      added.createdMs,
      added.createdBy,
    )
    sql.setLatest.run(added.version, function_.seq)
    return added
  }

  function rowOf(name: FunctionName, aliasOrVersion: string): VersionRow | undefined {
    if (aliasOrVersion === 'latest') return sql.latest.get(name)
    if (/^\d{1,9}$/.test(aliasOrVersion)) return sql.version.get(name, Number(aliasOrVersion))
    return sql.aliased.get(name, aliasOrVersion)
  }

  return {
    addVersion(given, alias) {
      const function_ = ensure(given.function, given.createdMs)
      const newest = sql.latest.get(given.function)
      const version = newest?.manifest === given.manifest ? toVersion(newest) : append(function_, given)
      if (alias !== undefined) sql.setAlias.run(alias, function_.seq, version.version)
      return version
    },
    setAlias(name, alias, version) {
      const function_ = sql.pointer.get(name)
      return function_ !== undefined && sql.setAlias.run(alias, function_.seq, version).changes > 0
    },
    setGrants(name, version, { grants, grantsBytes, grantedBy, grantedMs }) {
      const function_ = sql.pointer.get(name)
      if (!function_) return false
      return sql.setGrants.run(grants, grantsBytes, grantedBy, grantedMs, function_.seq, version).changes > 0
    },
    removeFunction: (name) => sql.remove.run(name).changes > 0,
    function(name) {
      const row = sql.one.get(name)
      return row && toRecord(row)
    },
    functions(query: PageQuery) {
      const limit = pageLimit(query)
      const [before = 0] = readCursor('functions', query.cursor, 1)
      return toPage('functions', sql.page.all(before, limit + 1), limit, (row) => [row.seq], toRecord)
    },
    versions: (name) => sql.versions.all(name).map(toVersion),
    version(name, aliasOrVersion) {
      const row = rowOf(name, aliasOrVersion)
      return row && toVersion(row)
    },
  }
}
