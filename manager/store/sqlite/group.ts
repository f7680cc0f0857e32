import type { Database } from 'better-sqlite3'
import { isDiskError, translate } from './errors.ts'
import { type Answer, type Call, type OperationName, type Operations, operationKinds, toPlain } from './messages.ts'

/** Runs a group of calls: the writes in one transaction, each in a savepoint of its own. Answers once they are on the disk. */
export type RunGroup = (calls: readonly Call[]) => { readonly answers: readonly Answer[]; readonly committed: boolean }

/** The disk failed under a group: none of its writes is there. */
class GroupFailed extends Error {}

const isWrite = (call: Call): boolean => operationKinds[call.name as OperationName] === 'write'

function statements(db: Database) {
  return {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    save: db.prepare('SAVEPOINT one'),
    release: db.prepare('RELEASE one'),
    undo: db.prepare('ROLLBACK TO one'),
  }
}

export function groupRunner(db: Database, operations: Operations, onDiskError: (error: unknown) => void): RunGroup {
  const sql = statements(db)
  const file = db.name
  const perform = (call: Call): unknown =>
    (operations[call.name as OperationName] as (...args: readonly unknown[]) => unknown)(...call.args)
  const refusal = (call: Call, error: unknown): Answer => ({ id: call.id, error: toPlain(translate(error, file)) })

  function read(call: Call): Answer {
    try {
      return { id: call.id, value: perform(call) }
    } catch (error) {
      if (isDiskError(error)) onDiskError(error)
      return refusal(call, error)
    }
  }

  function write(call: Call): Answer {
    sql.save.run()
    try {
      const value = perform(call)
      sql.release.run()
      return { id: call.id, value }
    } catch (error) {
      // SQLite takes back the whole transaction where it must; then the savepoint is gone, and all writes with it.
      if (isDiskError(error) || !db.inTransaction) throw new GroupFailed('', { cause: error })
      sql.undo.run()
      sql.release.run()
      return refusal(call, error)
    }
  }

  function commit(calls: readonly Call[]): readonly Answer[] {
    sql.begin.run()
    const answers = calls.map((call) => (isWrite(call) ? write(call) : read(call)))
    sql.commit.run()
    return answers
  }

  /** Writes are refused with the disk's words; what was read between them is read again without them. */
  function fail(calls: readonly Call[], thrown: unknown): readonly Answer[] {
    const error = thrown instanceof GroupFailed ? thrown.cause : thrown
    onDiskError(error)
    if (db.inTransaction) sql.rollback.run()
    return calls.map((call) => (isWrite(call) ? refusal(call, error) : read(call)))
  }

  return (calls) => {
    if (!calls.some(isWrite)) return { answers: calls.map(read), committed: false }
    try {
      return { answers: commit(calls), committed: true }
    } catch (error) {
      return { answers: fail(calls, error), committed: false }
    }
  }
}
