import { MAX_TRANSCRIPT_BYTES } from '../../../shared/documents/transcript.ts'
import type { Digest } from '../../../shared/ids.ts'
import type { Result } from '../../../shared/messages/index.ts'
import type { TaskRecord, TaskStep, TaskTrace } from '../../store/store.ts'
import type { ActiveJob, ActiveTask } from './active.ts'

/** What of a result is kept with its task. */

type Counts = Pick<TaskRecord, 'exitCode' | 'waitedUs' | 'ranUs' | 'memoryPages'>

export const resultOf = ({ exitCode, waitedUs, ranUs, memoryPages }: Result): Counts => ({
  waitedUs,
  ranUs,
  ...(exitCode !== undefined && { exitCode }),
  ...(memoryPages !== undefined && { memoryPages }),
})

export const bodyOf = (result: Result): Pick<TaskStep, 'body' | 'bodyDigest' | 'bodyBytes'> => ({
  ...(result.body && { body: result.body }),
  ...(result.bodyDigest && { bodyDigest: result.bodyDigest, bodyBytes: result.bodyBytes ?? 0 }),
})

/** What it left of its devices: grants also where nobody knows what became of it, since its outputs may have moved. */
export function traceOf({ job, held }: ActiveTask, result: Result | undefined): TaskTrace {
  const grants = held?.grants
  const transcript = result && transcriptOf(result, job)
  return {
    ...(grants && { grantsDigest: grants.digest, grantsBytes: grants.sizeBytes }),
    ...(result?.refusals && { refusals: result.refusals }),
    ...(transcript && { transcriptDigest: transcript.digest, transcriptBytes: transcript.sizeBytes }),
  }
}

type Long = { readonly digest: Digest; readonly sizeBytes: number }

/** What has to be pulled before a result is acknowledged. [P-5.4] [P-10.5] */
export function longParts(result: Result, job: ActiveJob): readonly Long[] {
  const body = result.bodyDigest && { digest: result.bodyDigest, sizeBytes: result.bodyBytes ?? 0 }
  return [body, transcriptOf(result, job)].filter((one) => one !== undefined)
}

/** One that nobody wanted, or that is longer than any may be, is not worth a result that never ends. */
function transcriptOf({ transcript, transcriptBytes = 0 }: Result, { record }: ActiveJob): Long | undefined {
  if (!transcript || !record.record || transcriptBytes > MAX_TRANSCRIPT_BYTES) return undefined
  return { digest: transcript, sizeBytes: transcriptBytes }
}
