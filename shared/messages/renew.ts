import { field, type Infer, list, message, uint } from '../schema.ts'
import { AttemptRef, MAX_REFS } from './attempt-ref.ts'

export const Renew = message('renew', 'Asks to go on with attempts; sent each third of a lease. [P-5.2]', {
  epoch: field(1, uint(32), 'Connection.'),
  attempts: field(2, list(AttemptRef, { max: MAX_REFS }), 'Attempts that are held.'),
})
export type Renew = Infer<typeof Renew>
