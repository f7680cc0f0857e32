import { randomUUID } from 'node:crypto'
import { SamaraError } from '../shared/errors.ts'
import { MAX_BATCH } from '../shared/messages/job.ts'
import { AnswerPage, type AnswerView, FunctionVersionView, type ManifestView, SubmittedView } from './api.ts'
import { path } from './client.ts'
import { referenceOf } from './commands/functions.ts'
import { delay } from './io.ts'
import { list } from './pages.ts'
import { readFile, type Session } from './session.ts'
import { isFile, nameOfFile, upload } from './upload.ts'
import { exactJson, jsonOrText } from './values.ts'

const COMMAND = /^(_start|wasi:cli\/run@0\.2(\.\d+)?#run)$/
/** Longest answer that is wanted whole. */
const INLINE_BYTES = 16 * 1024 * 1024
/** How long one request waits for the end of a job. */
const WAIT_MS = 20_000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000

export type Target = {
  readonly function: string
  readonly version: string | undefined
  readonly manifest: ManifestView
}

/** The function that a user named, uploaded first where it is a file. */
export async function targetOf(session: Session, named: string): Promise<Target> {
  if (isFile(named)) {
    const { function: name, version, manifest } = await upload(session, { file: named, name: nameOfFile(named) })
    return { function: name, version: `${version}`, manifest }
  }
  const { name, reference } = referenceOf(named)
  const found = await session.client.get(FunctionVersionView, path`/v1/functions/${name}/versions/${reference}`)
  return { function: name, version: reference === 'latest' ? undefined : reference, manifest: found.manifest }
}

/** Whether a call without values is meant: a program takes words. */
export function isProgram({ manifest }: Target, wanted: string | undefined): boolean {
  if (wanted !== undefined) return COMMAND.test(wanted)
  return manifest.exports.some(({ name }) => COMMAND.test(name))
}

/** Words of the command line as what this function takes. */
export const callOf = (target: Target, wanted: string | undefined, words: readonly string[]): object =>
  isProgram(target, wanted) ? { argv: words } : { args: words.map(jsonOrText) }

/** Calls of a batch: a JSON list, or one JSON value a line. */
export async function batchOf(session: Session, file: string): Promise<unknown[]> {
  const text = (file === '-' ? await session.io.readStdin() : readFile(file)).toString('utf8')
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

/** Submits a job under a key of its own, so that a repeated request is not a second job. */
export function submit(session: Session, body: Readonly<Record<string, unknown>>): Promise<SubmittedView> {
  const key = randomUUID()
  return session.client.post(SubmittedView, '/v1/jobs', { key, inlineBytes: INLINE_BYTES, ...body })
}

/** Waits until every task of a job has ended; resolves with their answers. */
export async function waitFor(session: Session, job: string, tasks: number): Promise<readonly AnswerView[]> {
  const { client, io } = session
  let pauseMs = FIRST_PAUSE_MS
  try {
    for (;;) {
      const answers = await list(client, AnswerPage, path`/v1/jobs/${job}/results`, {
        query: { wait: WAIT_MS },
        signal: io.signal,
      })
      const ended = answers.filter(({ type }) => type === 'result')
      if (ended.length >= tasks) return ended
      session.progress(`job ${job}: ${ended.length} of ${tasks} ended`)
      await delay(io.clock, pauseMs, io.signal)
      io.signal.throwIfAborted()
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  } catch (error) {
    if (io.signal.aborted) session.note(`job ${job} goes on; stop it with: samara jobs cancel ${job}`)
    throw error
  } finally {
    session.progressEnd()
  }
}
