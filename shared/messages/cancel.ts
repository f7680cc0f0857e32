import { taskLabel } from '../fields.ts'
import { field, type Infer, message, uint } from '../schema.ts'

export const Cancel = message('cancel', 'Stop an attempt. Its result says what became of it. [P-5.5]', {
  task: field(1, taskLabel, 'Task.'),
  attempt: field(2, uint(16), 'Which try; one that is not held is answered with a cancelled result.'),
  epoch: field(3, uint(32), 'Connection that it is meant for.'),
})
export type Cancel = Infer<typeof Cancel>
