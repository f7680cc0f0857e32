import { join } from 'node:path'
import { type Program, program } from '../support/processes.ts'
import { built } from './builds.ts'

/** The C agent as its users run it. */
export type AgentOptions = {
  readonly id: string
  readonly broker: string
  readonly tokenFile: string
  readonly data: string
  readonly lab?: string
  readonly aliveMs?: number
  /** Further flags. */
  readonly more?: readonly string[]
}

export async function agentProgram({
  id,
  broker,
  tokenFile,
  data,
  lab,
  aliveMs = 500,
  more = [],
}: AgentOptions): Promise<Program> {
  const args = ['--id', id, '--broker', broker, '--token-file', tokenFile, '--data', data, '--alive-ms', `${aliveMs}`]
  return program({
    name: id,
    command: join(await built('tests'), 'samara-agent'),
    args: [...args, ...(lab ? ['--lab', lab] : []), ...more],
    ready: /link: online/,
  })
}
