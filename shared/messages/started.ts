import { taskLabel } from '../fields.ts'
import { field, type Infer, message, numbered, uint } from '../schema.ts'

export const attemptPhases = ['queued', 'fetching', 'running'] as const

export const Started = message(
  'started',
  'An attempt is held. Left out where the result follows within 50 ms. [P-5.2]',
  {
    task: field(1, taskLabel, 'Task.'),
    attempt: field(2, uint(16), 'Which try.'),
    epoch: field(3, uint(32), 'Connection.'),
    phase: field(4, numbered(attemptPhases), 'How far it is.'),
  },
)
export type Started = Infer<typeof Started>
