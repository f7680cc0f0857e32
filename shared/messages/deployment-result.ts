import { bootId, deploymentLabel, ErrorBody, INLINE_BYTES } from '../fields.ts'
import { bytes, field, type Infer, message, numbered, optional, uint } from '../schema.ts'
import { outcomes } from '../task.ts'

export const DeploymentResult = message('deployment-result', 'What one run of a deployment gave. [P-7.4]', {
  deployment: field(1, deploymentLabel, 'Deployment.'),
  boot: field(2, bootId, 'Boot that the sequence belongs to.'),
  seq: field(3, uint(32), 'Grows by one per run in this boot; a gap is a result that was left out.'),
  agoMs: field(4, uint(32), 'How long before sending the run ended.'),
  outcome: field(5, numbered(outcomes), 'How it ended.'),
  exitCode: optional(6, uint(8), 'Of a command.'),
  error: optional(7, ErrorBody, 'What went wrong.'),
  body: optional(
    8,
    bytes({ max: INLINE_BYTES }),
    'Value and outputs, a ResultBody; a longer one is left out and the error says so.',
  ),
  ranUs: field(9, uint(32), 'Length of the run.'),
})
export type DeploymentResult = Infer<typeof DeploymentResult>
