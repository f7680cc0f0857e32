import { field, type Infer, message, optional, uint } from '../schema.ts'

export const Alive = message('alive', 'Heartbeat of a proplet. [P-3.4]', {
  epoch: field(1, uint(32), 'Its connection.'),
  seq: field(2, uint(32), 'Grows by one per heartbeat; a gap is a lost heartbeat.'),
  running: field(3, uint(16), 'Attempts and deployments that run now.'),
  queued: field(4, uint(16), 'Attempts that wait.'),
  freeMemory: optional(5, uint(53), 'Bytes that are free for linear memory.'),
})
export type Alive = Infer<typeof Alive>
