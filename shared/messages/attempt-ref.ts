import { taskLabel } from '../fields.ts'
import { field, type Infer, struct, uint } from '../schema.ts'

/** Attempts that one message may name, so that it fits 1 KiB. */
export const MAX_REFS = 10

export const AttemptRef = struct('attempt-ref', {
  task: field(1, taskLabel, 'Task.'),
  attempt: field(2, uint(16), 'Which try, from 1.'),
})
export type AttemptRef = Infer<typeof AttemptRef>
