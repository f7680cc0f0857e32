import { SamaraError, show } from '../shared/errors.ts'
import { isFinal, type TaskState } from '../shared/task.ts'
import { TaskView } from './api.ts'
import { path, type Query } from './client.ts'
import { exitCodeOf, outcomeText } from './outcome.ts'
import type { Session } from './session.ts'
import { manyLines } from './text.ts'
import { exactJson } from './values.ts'

/** What happens, as the manager's stream of events tells it. */

const EXIT_INTERRUPTED = 130

export type EventData = Readonly<Record<string, unknown>>

function dataOf(text: string): EventData {
  try {
    const value = exactJson(text)
    if (typeof value === 'object' && value !== null) return value as EventData
  } catch {
    // Said below, with what it was.
  }
  throw new SamaraError('INTERNAL', `event: ${show(text)} is not an object of JSON`)
}

export type Following = {
  readonly query: Query
  readonly each: (data: EventData, type: string) => void
  /** Asked at every connection, since what happened before it was not seen. */
  readonly opened?: () => void
  /** Aborted when there is nothing more to see. */
  readonly end?: AbortSignal
}

/** Calls `each` with every event until asked to stop. */
export async function followEvents(session: Session, { query, each, opened, end }: Following): Promise<number> {
  const { io, client } = session
  const watch = {
    query,
    signal: end ? AbortSignal.any([io.signal, end]) : io.signal,
    lost: (error: SamaraError) => session.note(`${error.message}; connecting again`),
    ...(opened && { opened }),
  }
  for await (const event of client.events('/v1/events', watch)) each(dataOf(event.data), event.event)
  return 0
}

/** Prints what a task writes until it ends; resolves with its exit code. */
export async function followLogs(session: Session, task: string): Promise<number> {
  const where = path`/v1/tasks/${task}`
  const ended = new AbortController()
  const printed = { stdout: false, stderr: false }
  const endIfFinal = (state: unknown) => isFinal(state as TaskState) && ended.abort()
  const look = async () => endIfFinal((await session.client.get(TaskView, where)).state)
  await look()
  await followEvents(session, {
    query: { task },
    end: ended.signal,
    // A connection that fails is noticed by the stream itself.
    opened: () => void look().catch(() => undefined),
    each(data, type) {
      if (type === 'task') endIfFinal(data.state)
      if (type === 'log') printed[print(session, `${data.stream}`, `${data.text ?? ''}`)] = true
    },
  })
  if (session.io.signal.aborted) return EXIT_INTERRUPTED
  const after = await session.client.get(TaskView, where, { query: { body: 'full' } })
  // What was written before we came is in the outputs alone.
  if (!printed.stdout) print(session, 'stdout', after.stdout ?? '')
  if (!printed.stderr) print(session, 'stderr', after.stderr ?? '')
  const failure = outcomeText(after)
  if (failure !== undefined) session.note(failure)
  return exitCodeOf(after)
}

function print(session: Session, from: string, text: string): 'stdout' | 'stderr' {
  const stream = from === 'stderr' ? 'stderr' : 'stdout'
  const output = stream === 'stderr' ? session.io.err : session.io.out
  if (text === '') return stream
  if (session.isJson) session.line({ stream, text }, () => '')
  else output.write(output.isTTY ? manyLines(text) : text)
  return stream
}
