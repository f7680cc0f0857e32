import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { program } from '../support/processes.ts'
import type { ZephyrAgent, ZephyrBoard, ZephyrOptions } from './zephyr.ts'
import { ask, askPem, provision } from './zephyr-line.ts'

/** Zephyr's native simulator: a program whose flash is a file, told what it needs by flags. */

const TERMINAL = /connected to pseudotty: (\S+)/

function agent(folder: string, options: ZephyrOptions): ZephyrAgent {
  const { id, broker, tokenFile, data, more = [], isToldByShell = false } = options
  const { hostname: host, port } = new URL(broker)
  const token = tokenFile && { token: readFileSync(tokenFile, 'utf8') }
  const flags = Object.entries({ id, broker: host, 'broker-port': port, ...token })
  const simulated = program({
    name: id,
    command: join(folder, 'zephyr.exe'),
    args: [...(isToldByShell ? [] : flags.map(([name, value]) => `--${name}=${value}`)), `--flash=${data}`, ...more],
    ready: /link: online/,
  })
  /** A boot has a terminal of its own. */
  const place = async () => {
    await simulated.says(TERMINAL)
    const line = simulated.lines().findLast((one) => TERMINAL.test(one)) ?? ''
    return { terminal: TERMINAL.exec(line)?.[1] ?? '' }
  }
  const line = async () => (await place()).terminal
  let isTold = !isToldByShell

  return Object.assign(Object.create(simulated), {
    line,
    ask: async (command: string) => ask(await place(), command),
    askPem: async (name: string, pem: string) => askPem(await place(), name, pem),
    async start() {
      if (isTold) return simulated.start()
      isTold = true
      simulated.launch()
      await provision(await place(), { id, host, port, ...token })
      const online = simulated.says(/link: online/)
      await ask(await place(), 'samara restart')
      return online
    },
    async reset() {
      await simulated.kill('SIGKILL')
      await simulated.start()
    },
  })
}

export const nativeSim: ZephyrBoard = {
  name: 'native_sim',
  target: 'native_sim/native/64',
  host: '127.0.0.1',
  hastened: ['--rt-ratio=10'],
  hasNetwork: false,
  toolchain: { ZEPHYR_TOOLCHAIN_VARIANT: 'host' },
  missing: () => undefined,
  agent,
}
