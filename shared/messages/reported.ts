import { bootId, ErrorBody } from '../fields.ts'
import { field, type Infer, message, optional, uint } from '../schema.ts'

export const Reported = message('reported', 'Which desired index a proplet has taken over. [P-7.1]', {
  boot: field(1, bootId, 'Its boot.'),
  incarnation: field(2, uint(53), 'Of the index that it follows.'),
  revision: field(3, uint(53), 'Of the index that it follows.'),
  deployments: field(4, uint(16), 'How many it keeps.'),
  error: optional(5, ErrorBody, 'Why a newer index could not be taken over.'),
})
export type Reported = Infer<typeof Reported>
