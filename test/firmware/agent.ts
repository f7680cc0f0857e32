import { join } from 'node:path'
import { type Program, program } from '../support/processes.ts'
import { built, type Variant } from './builds.ts'

/** The C agent as its users run it. */
export type AgentOptions = {
  readonly id: string
  readonly broker: string
  readonly tokenFile?: string
  readonly data: string
  readonly lab?: string
  readonly aliveMs?: number
  /** Further flags. */
  readonly more?: readonly string[]
  /** Which build of it. @default what a user gets */
  readonly variant?: Variant
  /** Command that runs it. @default none */
  readonly under?: readonly string[]
}

export async function agentProgram(options: AgentOptions): Promise<Program> {
  const { id, broker, tokenFile, data, lab, aliveMs = 500, more = [], under = [], variant = 'tests' } = options
  const [command = '', ...before] = [...under, join(await built(variant), 'samara-agent')]
  const given = {
    id,
    broker,
    data,
    'alive-ms': aliveMs,
    ...(tokenFile && { 'token-file': tokenFile }),
    ...(lab && { lab }),
  }
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)])
  return program({ name: id, command, args: [...before, ...args, ...more], ready: /link: online/ })
}

/** What the agent counted, of the last such line that it wrote: one each minute, and one when it stops. */
export function counters(agent: Program): Readonly<Record<string, number>> {
  const line = agent.lines().findLast((one) => /health: free=/.test(one))
  if (line === undefined) throw new Error(`no counters:\n${agent.output()}`)
  return Object.fromEntries([...line.matchAll(/(\w+)=(\d+)/g)].map(([, name = '', value]) => [name, Number(value)]))
}
