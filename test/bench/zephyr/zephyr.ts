import type { Group } from '../bench.ts'
import { agent } from './agent.ts'
import { instructions } from './calls.ts'
import { images } from './images.ts'

/** The C agent as an image of Zephyr. */
export const zephyr: readonly Group[] = [agent, instructions, images]
