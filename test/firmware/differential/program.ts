import { join } from 'node:path'
import { built } from '../builds.ts'

/** The command of a test program of the C agent's, built first. */
export const runCallProgram = async (name: string): Promise<readonly string[]> => [
  join(await built('tests'), 'tests', name),
]
