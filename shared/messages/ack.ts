import { field, type Infer, list, message } from '../schema.ts'
import { AttemptRef, MAX_REFS } from './attempt-ref.ts'

export const Ack = message('ack', 'Results that are durable at the manager: the proplet forgets them. [P-5.4]', {
  attempts: field(1, list(AttemptRef, { max: MAX_REFS }), 'Attempts.'),
})
export type Ack = Infer<typeof Ack>
