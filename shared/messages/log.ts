import { taskLabel } from '../fields.ts'
import { field, type Infer, message, numbered, text, uint } from '../schema.ts'

export const logStreams = ['stdout', 'stderr', 'host'] as const

export const Log = message(
  'log',
  "A piece of a running attempt's output, for those who watch; the result has all of it. [P-5.6]",
  {
    task: field(1, taskLabel, 'Task.'),
    attempt: field(2, uint(16), 'Which try.'),
    seq: field(3, uint(32), 'Grows by one per piece.'),
    stream: field(4, numbered(logStreams), 'Where it was written.'),
    text: field(5, text({ max: 512 }), 'Text.'),
  },
)
export type Log = Infer<typeof Log>
