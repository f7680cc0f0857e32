import * as v from 'valibot'
import { deviceKinds } from '../shared/bus.ts'
import { accesses } from '../shared/capabilities.ts'

/** What the manager's HTTP API answers, as far as the command line reads it. Unknown fields are kept for `--json`. */

const text = v.string()
const number = v.number()
const maybeText = v.optional(text)
const maybeNumber = v.optional(number)
const texts = v.array(text)
const labels = v.record(text, text)
const errorBody = v.looseObject({ code: text, message: text, field: maybeText })

export const anything = v.unknown()

const grants = v.array(
  v.looseObject({
    device: text,
    kind: v.picklist(deviceKinds),
    access: v.picklist(accesses),
    addresses: v.optional(v.array(number)),
    maxBytes: maybeNumber,
    perSecond: maybeNumber,
  }),
)
/** What a version asks for and what its tasks may. */
export const GrantsView = v.looseObject({
  function: text,
  version: number,
  asked: grants,
  grants,
  grantedBy: maybeText,
  grantedMs: maybeNumber,
})
export type GrantsView = v.InferOutput<typeof GrantsView>

const page = <S extends v.GenericSchema>(item: S) => v.looseObject({ items: v.array(item), next: maybeText })

export const VersionView = v.looseObject({
  function: text,
  version: number,
  kind: text,
  sizeBytes: number,
  artefact: maybeText,
  manifest: maybeText,
  createdMs: maybeNumber,
  createdBy: maybeText,
})
export type VersionView = v.InferOutput<typeof VersionView>

export const FunctionView = v.looseObject({
  name: text,
  latest: number,
  aliases: v.optional(v.record(text, number)),
  createdMs: maybeNumber,
  versions: v.optional(v.array(VersionView)),
})
export type FunctionView = v.InferOutput<typeof FunctionView>
export const FunctionPage = page(FunctionView)

export const ManifestView = v.looseObject({
  kind: text,
  exports: v.array(v.looseObject({ name: text, signature: text })),
  imports: v.array(v.looseObject({ module: text, name: text, signature: maybeText })),
  memory: v.looseObject({ minPages: number, maxPages: maybeNumber, grows: v.optional(v.boolean()) }),
  devices: v.optional(grants),
  dataBytes: maybeNumber,
  stackBytes: maybeNumber,
  images: v.array(v.looseObject({ recipe: text, format: text, digest: text, sizeBytes: number })),
})
export type ManifestView = v.InferOutput<typeof ManifestView>

/** One version with what its manifest says. */
export const FunctionVersionView = v.looseObject({ ...VersionView.entries, ...ManifestView.entries, manifest: text })
export type FunctionVersionView = v.InferOutput<typeof FunctionVersionView>

const notes = v.array(v.looseObject({ format: text, runs: texts, refused: texts }))

export const UploadedView = v.looseObject({ ...VersionView.entries, notes: v.optional(notes) })
export type UploadedView = v.InferOutput<typeof UploadedView>

export const InspectionView = v.looseObject({
  manifest: ManifestView,
  words: maybeText,
  notes,
  proplets: v.array(v.looseObject({ proplet: text, fits: v.boolean(), format: maybeText, reason: maybeText })),
})
export type InspectionView = v.InferOutput<typeof InspectionView>

export const PropletView = v.looseObject({
  id: text,
  liveness: text,
  labels: v.optional(labels),
  software: maybeText,
  arch: maybeText,
  formats: v.optional(texts),
  slots: maybeNumber,
  running: maybeNumber,
  queued: maybeNumber,
  assigned: maybeNumber,
  memoryBytes: maybeNumber,
  lastSeenMs: maybeNumber,
  interfaces: v.optional(texts),
  devices: v.optional(
    v.array(
      v.looseObject({
        name: text,
        kind: text,
        simulated: v.boolean(),
        direction: maybeText,
        chip: maybeText,
        addresses: v.optional(v.array(number)),
        places: v.optional(texts),
      }),
    ),
  ),
})
export type PropletView = v.InferOutput<typeof PropletView>
export const PropletPage = page(PropletView)
export const Registered = v.looseObject({ id: text, token: text })

export const UserView = v.looseObject({ id: text, role: text, createdMs: maybeNumber })
export type UserView = v.InferOutput<typeof UserView>
export const UserPage = page(UserView)

export const JobView = v.looseObject({
  id: text,
  key: maybeText,
  user: maybeText,
  function: text,
  version: maybeNumber,
  export: maybeText,
  tasks: number,
  counts: v.optional(v.record(text, number)),
  createdMs: maybeNumber,
})
export type JobView = v.InferOutput<typeof JobView>
export const JobPage = page(JobView)

/** One task's answer, the same as over MQTT. */
export const AnswerView = v.looseObject({
  type: text,
  key: maybeText,
  job: maybeText,
  task: maybeText,
  index: maybeNumber,
  state: maybeText,
  outcome: maybeText,
  exitCode: maybeNumber,
  value: v.optional(v.unknown()),
  stdout: maybeText,
  stderr: maybeText,
  bodyDigest: maybeText,
  bodyBytes: maybeNumber,
  error: v.optional(errorBody),
  proplet: maybeText,
  attempt: maybeNumber,
  waitedUs: maybeNumber,
  ranUs: maybeNumber,
  refusals: maybeNumber,
})
export type AnswerView = v.InferOutput<typeof AnswerView>
export const AnswerPage = page(AnswerView)

export const TaskView = v.looseObject({
  id: text,
  job: text,
  index: maybeNumber,
  function: text,
  state: text,
  outcome: maybeText,
  attempt: maybeNumber,
  proplet: maybeText,
  exitCode: maybeNumber,
  error: v.optional(errorBody),
  createdMs: maybeNumber,
  finishedMs: maybeNumber,
  waitedUs: maybeNumber,
  ranUs: maybeNumber,
  refusals: maybeNumber,
  transcriptBytes: maybeNumber,
  grants: v.optional(grants),
  value: v.optional(v.unknown()),
  stdout: maybeText,
  stderr: maybeText,
  attempts: v.optional(
    v.array(
      v.looseObject({
        attempt: number,
        proplet: text,
        placedMs: maybeNumber,
        startedMs: maybeNumber,
        endedMs: maybeNumber,
        outcome: maybeText,
        error: v.optional(errorBody),
      }),
    ),
  ),
})
export type TaskView = v.InferOutput<typeof TaskView>
export const TaskPage = page(TaskView)

/** A job that is durable; with the answers of its tasks where it ended within the wait. */
export const SubmittedView = v.looseObject({
  job: JobView,
  tasks: v.array(TaskView),
  results: v.optional(v.array(AnswerView)),
  next: maybeText,
})
export type SubmittedView = v.InferOutput<typeof SubmittedView>

export const DeploymentView = v.looseObject({
  id: text,
  function: text,
  version: maybeNumber,
  selector: text,
  trigger: text,
  everyMs: maybeNumber,
  device: maybeText,
  edge: maybeText,
  keep: v.optional(v.boolean()),
  timeoutMs: maybeNumber,
  throttleMs: maybeNumber,
  bufferCount: maybeNumber,
  createdMs: maybeNumber,
  user: maybeText,
  grants: v.optional(grants),
  words: maybeText,
  refusals: maybeNumber,
})
export type DeploymentView = v.InferOutput<typeof DeploymentView>

/** And how it stands on each proplet. */
export const DeploymentDetails = v.looseObject({
  ...DeploymentView.entries,
  states: v.array(
    v.looseObject({
      proplet: text,
      state: text,
      runs: number,
      failures: number,
      skipped: number,
      dropped: number,
      refusals: maybeNumber,
      error: v.optional(errorBody),
    }),
  ),
  waiting: texts,
  refused: v.array(v.looseObject({ proplet: text, reason: text })),
})
export type DeploymentDetails = v.InferOutput<typeof DeploymentDetails>
export const DeploymentPage = page(DeploymentView)

export const ResultView = v.looseObject({
  proplet: text,
  boot: text,
  seq: number,
  endedMs: maybeNumber,
  outcome: text,
  exitCode: maybeNumber,
  error: v.optional(errorBody),
  value: v.optional(v.unknown()),
  stdout: maybeText,
  stderr: maybeText,
  ranUs: maybeNumber,
})
export type ResultView = v.InferOutput<typeof ResultView>
export const ResultPage = page(ResultView)

export const MosquittoView = v.looseObject({
  passwd: text,
  acl: text,
  conf: text,
  manager: v.looseObject({ username: text, password: text }),
})
export const BackupView = v.looseObject({ path: text })
export const VersionInfo = v.looseObject({ version: text, protocol: maybeNumber, incarnation: maybeNumber })
