import { field, type Infer, list, message, uint } from '../schema.ts'
import { AttemptRef, MAX_REFS } from './attempt-ref.ts'

export const Lease = message('lease', 'Answer to renew: named attempts go on, the fenced ones stop at once. [P-5.2]', {
  epoch: field(1, uint(32), 'Connection.'),
  leaseMs: field(2, uint(32), 'From receipt.'),
  renewed: field(3, list(AttemptRef, { max: MAX_REFS }), 'Go on.'),
  fenced: field(4, list(AttemptRef, { max: MAX_REFS }), 'No longer count: stop, and send no result.'),
})
export type Lease = Infer<typeof Lease>
