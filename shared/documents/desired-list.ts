import type { PinEvent } from '../bus.ts'
import { deviceLabel, Grant, MAX_GRANTS } from '../capabilities.ts'
import { deploymentLabel, functionLabel, sha256 } from '../fields.ts'
import { bool, bytes, field, type Infer, list, message, numbered, optional, struct, uint } from '../schema.ts'

export const triggers = ['boot', 'every', 'on-request', 'edge'] as const
export type Trigger = (typeof triggers)[number]
/** Those that every proplet knows. A list that holds another one is no list to it, so it is sent where hello names it. */
export const basicTriggers: readonly Trigger[] = ['boot', 'every', 'on-request']

/** Levels as functions see them: `rising` becomes active. */
export const edges = ['rising', 'falling', 'both'] as const
export type Edge = (typeof edges)[number]
/** What a proplet waits for. */
export const edgeEvents: Readonly<Record<Edge, PinEvent>> = { rising: 'rising', falling: 'falling', both: 'any' }

export const DesiredDeployment = struct('desired-deployment', {
  deployment: field(1, deploymentLabel, 'Deployment.'),
  function: field(2, functionLabel, 'Function, for people.'),
  manifest: field(3, sha256, 'Version that is pinned.'),
  manifestBytes: field(4, uint(32), 'Size of the manifest.'),
  image: field(5, sha256, 'Image to load.'),
  imageBytes: field(6, uint(32), 'Size of the image.'),
  trigger: field(7, numbered(triggers), 'When it runs.'),
  everyMs: optional(8, uint(32), 'Period of `every`.'),
  keep: field(9, bool, 'Whether one instance is kept from run to run; a fresh one otherwise.'),
  call: field(10, bytes({ max: 65_536 }), 'What it is called with: a Call. [P-4.2]'),
  timeoutMs: field(11, uint(32), 'Longest run.'),
  throttleMs: field(12, uint(32), 'Least time between two published results; a newer one replaces a waiting one.'),
  bufferCount: field(13, uint(16), 'Results kept while there is no connection; the oldest goes first.'),
  grants: optional(14, list(Grant, { max: MAX_GRANTS }), 'Devices that it may use. [P-10.2]'),
  device: optional(15, deviceLabel, 'Input whose edges start it; of `edge`. It is granted for reading.'),
  edge: optional(16, numbered(edges), 'Which of them; of `edge`.'),
})
export type DesiredDeployment = Infer<typeof DesiredDeployment>

/** Deployments that one proplet shall keep. [P-7.2] */
export const DesiredList = message(
  'desired-list',
  'Body of the desired index.',
  {
    deployments: field(1, list(DesiredDeployment, { max: 256 }), 'In the order of their ids.'),
  },
  { maxBytes: 4 * 1024 * 1024 },
)
export type DesiredList = Infer<typeof DesiredList>
