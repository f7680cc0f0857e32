#!/usr/bin/env node
import { isSamaraError } from '../shared/errors.ts'
import { agentProgram, BuildError } from './firmware/build-agent.ts'
import { agentTools, installTools } from './firmware/tools.ts'

/** `npm run build:agent`: builds the C agent and says where it is. */

const note = (text: string) => process.stderr.write(`samara: ${text}\n`)
try {
  installTools(agentTools, note)
  process.stdout.write(`${await agentProgram({ note })}\n`)
} catch (error) {
  if (!isSamaraError(error)) throw error
  if (error instanceof BuildError) process.stderr.write(`${error.output}\n`)
  note(error.message)
  process.exitCode = 1
}
