import { deviceLabel } from '../../../shared/capabilities.ts'
import { edges, triggers } from '../../../shared/documents/desired-list.ts'
import {
  argv,
  bootId,
  deploymentLabel,
  ErrorBody,
  env,
  functionLabel,
  MAX_BODY_BYTES,
  propletName,
  sha256,
  userName,
} from '../../../shared/fields.ts'
import { grantWords } from '../../../shared/grant-words.ts'
import { aliasOrVersion } from '../../../shared/messages/index.ts'
import { instanceStates } from '../../../shared/proplet.ts'
import { anyItem, bool, list, numbered, text, uint } from '../../../shared/schema.ts'
import { outcomes } from '../../../shared/task.ts'
import type { DeploymentRecord, DeploymentStateRecord } from '../../store/store.ts'
import { may, need, object, type ValueOf } from '../described.ts'
import { grantList, grantText, time } from './common.ts'

const selector = text({ min: 1, max: 256 })
const value = anyItem({ max: 65_536 })
const output = text({ max: MAX_BODY_BYTES })
const MANY = 65_535

export const NewDeploymentBody = object(
  'new-deployment',
  'A function to keep on every proplet that a selector matches.',
  {
    function: need(functionLabel, 'Function.'),
    version: may(aliasOrVersion, 'Version number or alias, pinned now. `latest` where it is left out.'),
    selector: need(selector, 'Proplets: `line=1,site!=lab`, or `*`.'),
    trigger: need(numbered(triggers), 'When it runs.'),
    everyMs: may(uint(32), 'Period of `every`.'),
    device: may(deviceLabel, 'Input whose edges start it, of `edge`; it has to be granted for reading.'),
    edge: may(numbered(edges), 'Which of them, of `edge`.'),
    keep: may(bool, 'Whether one instance is kept from run to run; a fresh one otherwise.'),
    export: may(text({ min: 1, max: 256 }), 'Export to call; may be left out where there is only one.'),
    args: may(value, 'Arguments: a list in order, or an object by name.'),
    argv: may(argv, 'Arguments of a command.'),
    env: may(env, 'Environment of a command.'),
    timeoutMs: may(uint(32), 'Longest run. 10,000 where it is left out.'),
    throttleMs: may(uint(32), 'Least time between two published results. 1,000 where it is left out.'),
    bufferCount: may(uint(16), 'Results kept while there is no connection. 64 where it is left out.'),
    memoryPages: may(uint(32), 'Cap on linear memory in pages of 64 KiB.'),
    grants: may(grantList, 'Devices that it may use. None where it is left out.'),
  },
)

const deployment = {
  id: need(deploymentLabel, 'Deployment.'),
  user: need(userName, 'Who made it.'),
  function: need(functionLabel, 'Function.'),
  version: need(uint(32), 'Version that it pins.'),
  manifest: need(sha256, 'Digest of the manifest of that version.'),
  selector: need(selector, 'Proplets that it is for.'),
  trigger: need(numbered(triggers), 'When it runs.'),
  everyMs: may(uint(32), 'Period of `every`.'),
  device: may(deviceLabel, 'Input whose edges start it.'),
  edge: may(numbered(edges), 'Which of them.'),
  keep: need(bool, 'Whether one instance is kept from run to run.'),
  timeoutMs: need(uint(32), 'Longest run.'),
  throttleMs: need(uint(32), 'Least time between two published results.'),
  bufferCount: need(uint(16), 'Results kept while there is no connection.'),
  createdMs: need(time, 'When it was made.'),
  grants: may(grantList, 'Devices that it may use.'),
  words: may(grantText, 'The same for people.'),
  refusals: may(uint(53), 'Operations that they refused, in the boots that its proplets reported last.'),
}
export const DeploymentView = object('deployment', 'A function that is kept on proplets.', deployment)

const State = object('deployment-state', 'What a proplet reported.', {
  proplet: need(propletName, 'Proplet.'),
  state: need(numbered(instanceStates), 'Where it stands there.'),
  manifest: need(sha256, 'Digest of the manifest that it has there.'),
  boot: need(bootId, 'Boot of the proplet.'),
  runs: need(uint(53), 'Runs since boot.'),
  failures: need(uint(53), 'Those that did not complete.'),
  skipped: need(uint(53), 'Runs that would have overlapped.'),
  dropped: need(uint(53), 'Results that were dropped.'),
  refusals: may(uint(32), 'Operations that its grants refused.'),
  error: may(ErrorBody, 'What went wrong last.'),
  reportedMs: need(time, 'When it said so.'),
})
const Refusal = object('refusal', 'A proplet that the selector matches and that does not keep it.', {
  proplet: need(propletName, 'Proplet.'),
  reason: need(text({ max: 1_024 }), 'Why not.'),
})
export const DeploymentDetail = object('deployment-detail', 'A deployment, proplet by proplet.', {
  ...deployment,
  states: need(list(State.type, { max: MANY }), 'What proplets reported.'),
  waiting: need(list(propletName, { max: MANY }), 'Proplets that have not reported yet.'),
  refused: need(list(Refusal.type, { max: MANY }), 'Proplets that do not keep it, and why.'),
})

export const DeploymentResult = object('deployment-result', 'One run of a deployment.', {
  proplet: need(propletName, 'Where it ran.'),
  boot: need(bootId, 'Boot of the proplet.'),
  seq: need(uint(53), 'Number of the run since that boot.'),
  endedMs: need(time, 'When it ended.'),
  outcome: need(numbered(outcomes), 'How it ended.'),
  exitCode: may(uint(8), 'Of a command.'),
  error: may(ErrorBody, 'What went wrong.'),
  value: may(anyItem({ max: MAX_BODY_BYTES }), 'Result of the function.'),
  stdout: may(output, 'Standard output, as text.'),
  stderr: may(output, 'Standard error, as text.'),
  ranUs: need(uint(53), 'Length of the call.'),
})

export function deploymentView(record: DeploymentRecord, refusals = 0): ValueOf<typeof DeploymentView> {
  const { call: _, ...rest } = record
  return { ...rest, ...(rest.grants && { words: grantWords(rest.grants) }), ...(refusals > 0 && { refusals }) }
}

export function stateView(record: DeploymentStateRecord): ValueOf<typeof State> {
  const { deployment: _, ...rest } = record
  return rest
}
