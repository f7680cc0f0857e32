import type { Database } from 'better-sqlite3'
import type { Grant } from '../../../shared/capabilities.ts'
import type { ErrorBody } from '../../../shared/fields.ts'
import type { DeploymentRecord, DeploymentResultRecord, DeploymentStateRecord } from '../store.ts'
import type { Sync } from './messages.ts'
import { fromJson, NAMESPACE, pageLimit, present, readCursor, toBit, toJson, toPage } from './rows.ts'

type DeploymentRow = Omit<DeploymentRecord, 'keep' | 'everyMs' | 'grants' | 'device' | 'edge'> & {
  readonly keep: number
  readonly grants: string | null
  readonly everyMs: number | null
  readonly device: string | null
  readonly edge: string | null
}
type StateRow = Omit<DeploymentStateRecord, 'error' | 'refusals'> & {
  readonly error: string | null
  readonly refusals: number | null
}
type ResultRow = Omit<DeploymentResultRecord, 'error' | 'body' | 'exitCode'> & {
  readonly row: number
  readonly exitCode: number | null
  readonly error: string | null
  readonly body: Uint8Array | null
}

const SEQ = `(SELECT seq FROM deployments WHERE id = ? AND namespace = ${NAMESPACE})`

const toDeployment = (row: DeploymentRow): DeploymentRecord => {
  const record = present({ ...row, grants: fromJson<readonly Grant[]>(row.grants) })
  return { ...record, keep: row.keep === 1 } as DeploymentRecord
}
const toState = (row: StateRow): DeploymentStateRecord =>
  present({ ...row, error: fromJson<ErrorBody>(row.error) }) as DeploymentStateRecord
const toResult = ({ row: _, ...rest }: ResultRow): DeploymentResultRecord =>
  present({ ...rest, error: fromJson<ErrorBody>(rest.error) }) as DeploymentResultRecord

function deploymentStatements(db: Database) {
  return {
    put: db.prepare(`INSERT INTO deployments (id, user, function, version, manifest, selector, trigger_kind, every_ms,
      keep, call, timeout_ms, throttle_ms, buffer_count, created_ms, grants, device, edge)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET user = excluded.user, function = excluded.function, version = excluded.version,
      manifest = excluded.manifest, selector = excluded.selector, trigger_kind = excluded.trigger_kind,
      every_ms = excluded.every_ms, keep = excluded.keep, call = excluded.call, timeout_ms = excluded.timeout_ms,
      throttle_ms = excluded.throttle_ms, buffer_count = excluded.buffer_count, created_ms = excluded.created_ms,
      grants = excluded.grants, device = excluded.device, edge = excluded.edge`),
    remove: db.prepare(`DELETE FROM deployments WHERE id = ? AND namespace = ${NAMESPACE}`),
    all: db.prepare<
      [],
      DeploymentRow
    >(`SELECT id, user, function, version, manifest, selector, trigger_kind AS "trigger",
      every_ms AS everyMs, keep, call, timeout_ms AS timeoutMs, throttle_ms AS throttleMs, buffer_count AS bufferCount,
      created_ms AS createdMs, grants, device, edge FROM deployments WHERE namespace = ${NAMESPACE} ORDER BY seq`),
  }
}

/** Reports may come after their deployment is gone; selecting its row makes them change nothing then. */
function reportStatements(db: Database) {
  return {
    putState: db.prepare(`INSERT INTO deployment_states
      (deployment, proplet, state, manifest, boot, runs, failures, skipped, dropped, refusals, error, reported_ms)
      SELECT seq, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM deployments WHERE id = ? AND namespace = ${NAMESPACE}
      ON CONFLICT (deployment, proplet) DO UPDATE SET state = excluded.state, manifest = excluded.manifest,
      boot = excluded.boot, runs = excluded.runs, failures = excluded.failures, skipped = excluded.skipped,
      dropped = excluded.dropped, refusals = excluded.refusals, error = excluded.error, reported_ms = excluded.reported_ms`),
    states: db.prepare<[string], StateRow>(`SELECT d.id AS deployment, s.proplet, s.state, s.manifest, s.boot, s.runs,
      s.failures, s.skipped, s.dropped, s.refusals, s.error, s.reported_ms AS reportedMs
      FROM deployments d JOIN deployment_states s ON s.deployment = d.seq
      WHERE d.id = ? AND d.namespace = ${NAMESPACE} ORDER BY s.proplet`),
    addResult: db.prepare(`INSERT INTO deployment_results
      (deployment, proplet, boot, result_seq, ended_ms, outcome, exit_code, error, ran_us, body)
      SELECT seq, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM deployments WHERE id = ? AND namespace = ${NAMESPACE}
      ON CONFLICT (deployment, proplet, boot, result_seq) DO NOTHING`),
    results: db.prepare<unknown[], ResultRow>(`SELECT r.seq AS row, d.id AS deployment, r.proplet, r.boot,
      r.result_seq AS seq, r.ended_ms AS endedMs, r.outcome, r.exit_code AS exitCode, r.error, r.body, r.ran_us AS ranUs
      FROM deployments d JOIN deployment_results r ON r.deployment = d.seq
      WHERE r.deployment = ${SEQ} AND r.seq < ? ORDER BY r.seq DESC LIMIT ?`),
  }
}

function deploymentMethods(db: Database): Sync<'putDeployment' | 'removeDeployment' | 'deployments'> {
  const sql = deploymentStatements(db)
  return {
    putDeployment(given) {
      sql.put.run(
        given.id,
        given.user,
        given.function,
        given.version,
        given.manifest,
        given.selector,
        given.trigger,
        given.everyMs ?? null,
        toBit(given.keep),
        given.call,
        given.timeoutMs,
        given.throttleMs,
        given.bufferCount,
        given.createdMs,
        toJson(given.grants),
        given.device ?? null,
        given.edge ?? null,
      )
    },
    removeDeployment: (id) => sql.remove.run(id).changes > 0,
    deployments: () => sql.all.all().map(toDeployment),
  }
}

function reportMethods(
  db: Database,
): Sync<'putDeploymentState' | 'deploymentStates' | 'addDeploymentResult' | 'deploymentResults'> {
  const sql = reportStatements(db)
  return {
    putDeploymentState({ deployment, error, ...given }) {
      const { proplet, state, manifest, boot, runs, failures, skipped, dropped, refusals, reportedMs } = given
      const counts = [runs, failures, skipped, dropped, refusals ?? null]
      sql.putState.run(proplet, state, manifest, boot, ...counts, toJson(error), reportedMs, deployment)
    },
    deploymentStates: (id) => sql.states.all(id).map(toState),
    addDeploymentResult({ deployment, error, ...given }) {
      const { proplet, boot, seq, endedMs, outcome, exitCode, body, ranUs } = given
      const how = [outcome, exitCode ?? null, toJson(error), ranUs, body ?? null]
      return sql.addResult.run(proplet, boot, seq, endedMs, ...how, deployment).changes > 0
    },
    deploymentResults(id, query) {
      const limit = pageLimit(query)
      const [before = 0] = readCursor('results', query.cursor, 1)
      return toPage('results', sql.results.all(id, before, limit + 1), limit, (row) => [row.row], toResult)
    },
  }
}

export const deployments = (db: Database) => ({ ...deploymentMethods(db), ...reportMethods(db) })
