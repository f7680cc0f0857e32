import { bootId } from '../fields.ts'
import { field, type Infer, message, numbered, uint } from '../schema.ts'

export const goneReasons = ['lost', 'leaving'] as const

export const Gone = message('gone', "A proplet's last will (lost), or its goodbye (leaving). [P-3.5]", {
  boot: field(1, bootId, 'Its boot.'),
  epoch: field(2, uint(32), 'Its connection; a will of an earlier one is ignored.'),
  reason: field(3, numbered(goneReasons), 'Who says so: the broker or the proplet.'),
})
export type Gone = Infer<typeof Gone>
