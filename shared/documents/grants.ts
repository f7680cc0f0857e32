import { Grant, MAX_GRANTS } from '../capabilities.ts'
import { field, type Infer, list, message } from '../schema.ts'

/** What the tasks of a function version may. A blob, so that a start stays small. [P-10.2] */
export const Grants = message(
  'grants',
  'Devices that a task may use.',
  { grants: field(1, list(Grant, { max: MAX_GRANTS }), 'One for each device.') },
  { maxBytes: 4096 },
)
export type Grants = Infer<typeof Grants>
