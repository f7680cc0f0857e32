import { bootId, deploymentLabel, ErrorBody, sha256 } from '../fields.ts'
import { instanceStates } from '../proplet.ts'
import { field, type Infer, message, numbered, optional, uint } from '../schema.ts'

export const DeploymentState = message('deployment-state', 'How a deployment stands on one proplet. [P-7.3]', {
  deployment: field(1, deploymentLabel, 'Deployment.'),
  boot: field(2, bootId, 'Boot that the counts belong to.'),
  state: field(3, numbered(instanceStates), 'Where it stands.'),
  manifest: field(4, sha256, 'Version that it has.'),
  runs: field(5, uint(32), 'Runs that ended well in this boot.'),
  failures: field(6, uint(32), 'Runs that ended otherwise.'),
  skipped: field(7, uint(32), 'Runs left out because the one before still ran.'),
  dropped: field(8, uint(32), 'Results that found no room in the offline buffer.'),
  error: optional(9, ErrorBody, 'Last error.'),
  refusals: optional(10, uint(32), 'Operations that its grants refused in this boot. [P-10.3]'),
})
export type DeploymentState = Infer<typeof DeploymentState>
