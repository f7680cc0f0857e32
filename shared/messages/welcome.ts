import { ErrorBody } from '../fields.ts'
import { field, type Infer, message, optional, uint } from '../schema.ts'

export const Welcome = message(
  'welcome',
  "The manager's answer to hello: the connection may be used, or why not. [P-3.2]",
  {
    epoch: field(1, uint(32), 'Epoch of the hello that it answers.'),
    protocol: field(2, uint(8), 'Protocol that is spoken from here on; 0 with an error.'),
    nowMs: field(3, uint(53), "The manager's time, for devices without a clock: ms since 1970."),
    leaseMs: field(4, uint(32), 'Length of a lease from its receipt. [P-5.2]'),
    error: optional(5, ErrorBody, 'Why this connection may not be used.'),
  },
)
export type Welcome = Infer<typeof Welcome>
