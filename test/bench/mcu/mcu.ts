import type { Group } from '../bench.ts'
import { calls } from './calls.ts'
import { footprints } from './footprints.ts'
import { hostCalls } from './host-calls.ts'
import { instances } from './instances.ts'
import { memory } from './memory.ts'
import { stop } from './stop.ts'

/** The C agent: what it takes of a small machine, and how fast it is. */
export const mcu: readonly Group[] = [footprints, instances, memory, calls, hostCalls, stop]
