import { randomUUID } from 'node:crypto'
import { SamaraError } from '../shared/errors.ts'
import { MAX_BATCH } from '../shared/messages/job.ts'
import { finalStates } from '../shared/task.ts'
import { AnswerPage, type AnswerView, FunctionVersionView, type JobView, SubmittedView } from './api.ts'
import { path } from './client.ts'
import { referenceOf } from './commands/functions.ts'
import { list } from './pages.ts'
import { readFile, type Session } from './session.ts'
import { isFile, nameOfFile, upload } from './upload.ts'
import { exactJson, jsonOrText } from './values.ts'

const COMMAND = /^(_start|wasi:cli\/run@0\.2(\.\d+)?#run)$/
/** Longest answer that is wanted whole. */
const INLINE_BYTES = 16 * 1024 * 1024
/** How long one request waits for the end of a job; shorter where somebody sees how far it is. */
const WAIT_MS = 30_000
const SHOWN_WAIT_MS = 1_000

export type Target = {
  readonly function: string
  readonly version: string
  readonly exports: FunctionVersionView['exports']
  /** Devices that it asks for. */
  readonly devices: NonNullable<FunctionVersionView['devices']>
}

/** The function that a user named, uploaded first where it is a file. */
export async function targetOf(session: Session, named: string): Promise<Target> {
  const { name, reference } = isFile(named) ? await uploaded(session, named) : referenceOf(named)
  const found = await session.client.get(FunctionVersionView, path`/v1/functions/${name}/versions/${reference}`)
  // The version that was looked at is the one that is meant, whatever becomes of its alias meanwhile.
  return { function: name, version: `${found.version}`, exports: found.exports, devices: found.devices ?? [] }
}

async function uploaded(session: Session, file: string): Promise<{ name: string; reference: string }> {
  const { function: name, version } = await upload(session, { file, name: nameOfFile(file) })
  return { name, reference: `${version}` }
}

/** Whether a call without values is meant: a program takes words. */
export const isProgram = ({ exports }: Target, wanted: string | undefined): boolean =>
  wanted === undefined ? exports.some(({ name }) => COMMAND.test(name)) : COMMAND.test(wanted)

/** Words of the command line as what this function takes. */
export const callOf = (target: Target, wanted: string | undefined, words: readonly string[]): object =>
  isProgram(target, wanted) ? { argv: words } : { args: words.map(jsonOrText) }

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Text of a file that a user named, or of our own standard input. A job carries texts: other bytes are refused, not bent. */
export async function textOf(session: Session, what: string, file: string): Promise<string> {
  const bytes = file === '-' ? await session.io.readStdin() : readFile(file)
  try {
    return decoder.decode(bytes)
  } catch (error) {
    throw new SamaraError('INVALID_ARGUMENT', `${what} ${JSON.stringify(file)}: is not text in UTF-8`, { cause: error })
  }
}

/** Calls of a batch: a JSON list, or one JSON value a line. */
export async function batchOf(session: Session, file: string): Promise<unknown[]> {
  const text = await textOf(session, 'batch', file)
  const calls = listed(file, text)
  if (calls.length >= 1 && calls.length <= MAX_BATCH) return calls
  throw new SamaraError('INVALID_ARGUMENT', `batch ${JSON.stringify(file)}: has ${calls.length} calls`, {
    expected: `1 to ${MAX_BATCH}`,
  })
}

function listed(file: string, text: string): unknown[] {
  const whole = parsed(text)
  // One line that is one list of lists is a batch; one list of values is a single call.
  if (Array.isArray(whole) && (whole.length === 0 || whole.every((one) => typeof one === 'object' && one !== null)))
    return whole
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line, at) => {
    const value = parsed(line)
    if (typeof value === 'object' && value !== null) return value
    throw new SamaraError('INVALID_ARGUMENT', `batch ${JSON.stringify(file)}: line ${at + 1} is no call`, {
      expected: 'a JSON list of arguments, or an object by name',
    })
  })
}

function parsed(text: string): unknown {
  try {
    return exactJson(text)
  } catch {
    return undefined
  }
}

type Submission = { readonly body: Readonly<Record<string, unknown>>; readonly accepted: SubmittedView }

/** Submits a job under a key of its own, so that the same request again is no second job. */
export async function submit(session: Session, wanted: Readonly<Record<string, unknown>>): Promise<Submission> {
  const body = { key: randomUUID(), inlineBytes: INLINE_BYTES, ...wanted }
  return { body, accepted: await post(session, body, undefined) }
}

const post = (session: Session, body: unknown, wait: number | undefined): Promise<SubmittedView> =>
  session.client.post(SubmittedView, '/v1/jobs', body, { query: { wait }, signal: session.io.signal })

/** Waits until every task of a job has ended; resolves with their answers. */
export async function waitFor(session: Session, { body, accepted }: Submission): Promise<readonly AnswerView[]> {
  const { id, tasks } = accepted.job
  const waitMs = session.io.err.isTTY ? SHOWN_WAIT_MS : WAIT_MS
  try {
    for (;;) {
      // The same key: the manager answers with the job that there is, once it has ended or the wait is over.
      const { job, results, next } = await post(session, body, waitMs)
      if (results)
        return next === undefined ? results : await list(session.client, AnswerPage, path`/v1/jobs/${id}/results`)
      session.progress(`job ${id}: ${endedOf(job)} of ${tasks} ended`)
    }
  } catch (error) {
    if (session.io.signal.aborted) session.note(`job ${id} goes on; to stop it: samara jobs cancel ${id}`)
    throw error
  } finally {
    session.progressEnd()
  }
}

const endedOf = ({ counts = {} }: JobView): number => finalStates.reduce((sum, state) => sum + (counts[state] ?? 0), 0)
