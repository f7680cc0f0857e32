import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { Database } from 'better-sqlite3'
import { SamaraError } from '../../../shared/errors.ts'
import { incarnationOf, openDatabase } from './database.ts'
import { translate } from './errors.ts'
import { groupRunner, type RunGroup } from './group.ts'
import { type Answer, type Call, type FromWorker, toPlain, type WorkerData } from './messages.ts'
import { operations } from './operations.ts'

/** The database's thread: all SQL and every fsync of it happens here. */

/** Most calls of one commit, so that the first of a rush does not wait for the last. */
const GROUP_CALLS = 1024
/** Pages that a backup copies before it lets commits go on. */
const BACKUP_PAGES = 1000

const { file, nowMs } = workerData as WorkerData

type Opened = { readonly db: Database; readonly run: RunGroup }

function main(port: MessagePort): void {
  let opened: Opened | undefined
  const post = (message: FromWorker) => port.postMessage(message)

  function open(): Opened {
    const db = openDatabase(file, nowMs)
    // After a failed fsync nobody knows what the system's cache holds: only a fresh look at the file does.
    return { db, run: groupRunner(db, operations(db), () => (suspect = true)) }
  }
  let suspect = false

  function close(): void {
    opened?.db.close()
    opened = undefined
    suspect = false
  }

  function group(calls: readonly Call[]): void {
    try {
      if (suspect) close()
      opened ??= open()
      const { answers, committed } = opened.run(calls)
      post({ kind: 'answers', answers, commits: committed ? 1 : 0 })
    } catch (error) {
      const plain = toPlain(error)
      post({ kind: 'answers', answers: calls.map(({ id }) => ({ id, error: plain })), commits: 0 })
    }
  }

  async function backup({ id, args }: Call): Promise<Answer> {
    const [target] = args as [string]
    try {
      if (!opened) throw new SamaraError('UNAVAILABLE', `database ${file}: it is not open`)
      await opened.db.backup(target, { progress: () => BACKUP_PAGES })
      return { id }
    } catch (error) {
      return { id, error: toPlain(translate(error, target)) }
    }
  }

  function end(call: Call): void {
    try {
      close()
      post({ kind: 'answers', answers: [{ id: call.id }], commits: 0 })
    } catch (error) {
      post({ kind: 'answers', answers: [{ id: call.id, error: toPlain(translate(error, file)) }], commits: 0 })
    }
    port.close()
  }

  /** Calls in their order: groups, and between them what is not of a transaction. */
  function handle(calls: readonly Call[]): void {
    let waiting: Call[] = []
    const flush = () => {
      if (waiting.length > 0) group(waiting)
      waiting = []
    }
    for (const call of calls) {
      if (call.name === 'close' || call.name === 'backup') flush()
      if (call.name === 'close') end(call)
      else if (call.name === 'backup')
        void backup(call).then((answer) => post({ kind: 'answers', answers: [answer], commits: 0 }))
      else if (waiting.push(call) >= GROUP_CALLS) flush()
    }
    flush()
  }

  try {
    opened = open()
    post({ kind: 'opened', incarnation: incarnationOf(opened.db) })
  } catch (error) {
    post({ kind: 'failed', error: toPlain(error) })
    return
  }
  port.on('message', (first: readonly Call[]) => {
    const calls = [...first]
    // Whatever came while the last group was on its way to the disk shares this one's commit.
    for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port)) calls.push(...more.message)
    handle(calls)
  })
}

if (parentPort) main(parentPort)
