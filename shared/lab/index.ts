import { LabReply, LabRequest } from './socket.ts'

export * from './control.ts'
export * from './device.ts'
export * from './fields.ts'
export * from './frames.ts'
export * from './socket.ts'

/** What travels over the lab's socket; lab.cddl is derived of these. */
export const labMessages = [LabRequest, LabReply] as const
