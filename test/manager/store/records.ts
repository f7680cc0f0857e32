import type { JobRecord, NewTask, TaskRecord, TaskStep, VersionRecord } from '../../../manager/store/store.ts'
import { type Digest, digest, functionName, jobId, propletId, taskId, userId } from '../../../shared/ids.ts'

/** Builders without vitest, so that child processes may use them too. */

export const FUNCTION = functionName('thermo')
export const ALICE = userId('alice')
export const EDGE = propletId('edge-1')
export const [D1, D2, D3] = ['1', '2', '3'].map((digit) => digest(digit.repeat(64))) as [Digest, Digest, Digest]
const CREATED_MS = 1_750_000_000_000

export const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const numbered = (prefix: string, n: number): string => prefix + String(n).padStart(20, '0')

export const jobRecord = (n: number, given: Partial<JobRecord> = {}): JobRecord => ({
  id: jobId(numbered('j', n)),
  user: ALICE,
  key: `key-${n}`,
  requestDigest: D1,
  function: FUNCTION,
  version: 1,
  manifest: D2,
  export: 'read',
  tasks: 1,
  timeoutMs: 1000,
  policy: { retries: 2, retryOn: 'lost' },
  inlineBytes: 512,
  createdMs: CREATED_MS,
  expiresMs: CREATED_MS + 60_000,
  ...given,
})

/** Task `index` of job `n`; no two jobs of a test have more than 1000 tasks. */
export const newTask = (
  n: number,
  index = 0,
  given: Partial<NewTask> & { state?: Partial<TaskRecord> } = {},
): NewTask => {
  const { state, ...bytes } = given
  const task: TaskRecord = {
    id: taskId(numbered('t', n * 1000 + index)),
    job: jobId(numbered('j', n)),
    index,
    function: FUNCTION,
    state: 'pending',
    attempt: 0,
    createdMs: CREATED_MS,
    confirmed: false,
    cancelRequested: false,
    ...state,
  }
  return { task, ...bytes }
}

export const placed = (n: number, index = 0): TaskStep => {
  const { id } = newTask(n, index).task
  const begin = { task: id, attempt: 1, proplet: EDGE, boot: 'aa', placedMs: CREATED_MS + 1 }
  return { id, from: 'pending', fromAttempt: 0, to: 'scheduled', attempt: 1, proplet: EDGE, begin }
}

export const completed = (n: number, index = 0, finishedMs = CREATED_MS + 100): TaskStep => ({
  id: newTask(n, index).task.id,
  from: 'scheduled',
  fromAttempt: 1,
  to: 'completed',
  attempt: 1,
  finishedMs,
  outcome: 'completed',
  exitCode: 0,
  waitedUs: 5,
  ranUs: 7,
  memoryPages: 2,
  body: text('21.5'),
  end: { endedMs: finishedMs, outcome: 'completed' },
})

export const versionRecord = (given: Partial<VersionRecord> = {}): Omit<VersionRecord, 'version'> => ({
  function: FUNCTION,
  manifest: D1,
  manifestBytes: 100,
  artefact: D2,
  kind: 'core',
  sizeBytes: 2000,
  createdMs: CREATED_MS,
  createdBy: ALICE,
  ...given,
})
