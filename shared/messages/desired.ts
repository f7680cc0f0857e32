import { sha256 } from '../fields.ts'
import { field, type Infer, message, uint } from '../schema.ts'

export const Desired = message('desired', 'Index of what a proplet shall keep; its body is pulled by digest. [P-7.1]', {
  incarnation: field(1, uint(53), 'Of the store that says so; a restored store has a larger one.'),
  revision: field(2, uint(53), 'Grows with every change within an incarnation; the larger pair wins.'),
  digest: field(3, sha256, 'Of the body, a desired-list.'),
  sizeBytes: field(4, uint(32), 'Of the body.'),
})
export type Desired = Infer<typeof Desired>
