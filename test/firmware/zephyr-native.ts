import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { program } from '../support/processes.ts'
import type { AgentOptions } from './agent.ts'
import type { ZephyrAgent, ZephyrBoard } from './zephyr.ts'
import { ask, askPem } from './zephyr-line.ts'

/** Zephyr's native simulator: a program whose flash is a file, told what it needs by flags. */

const TERMINAL = /connected to pseudotty: (\S+)/

function agent(folder: string, { id, broker, tokenFile, data, more = [] }: AgentOptions): ZephyrAgent {
  const { hostname, port } = new URL(broker)
  const args = [`--id=${id}`, `--broker=${hostname}`, `--broker-port=${port}`]
  if (tokenFile !== undefined) args.push(`--token=${readFileSync(tokenFile, 'utf8')}`)
  const simulated = program({
    name: id,
    command: join(folder, 'zephyr.exe'),
    args: [...args, `--flash=${data}`, ...more],
    ready: /link: online/,
  })
  /** A boot has a terminal of its own. */
  const place = async () => {
    await simulated.says(TERMINAL)
    const line = simulated.lines().findLast((one) => TERMINAL.test(one)) ?? ''
    return { terminal: TERMINAL.exec(line)?.[1] ?? '' }
  }
  return Object.assign(simulated, {
    ask: async (command: string) => ask(await place(), command),
    askPem: async (name: string, pem: string) => askPem(await place(), name, pem),
    async reset() {
      await simulated.kill('SIGKILL')
      await simulated.start()
    },
  })
}

export const nativeSim: ZephyrBoard = {
  name: 'native_sim',
  target: 'native_sim/native/64',
  build: ['-DZEPHYR_TOOLCHAIN_VARIANT=host'],
  missing: () => undefined,
  agent,
}
