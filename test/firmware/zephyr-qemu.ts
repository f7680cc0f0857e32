import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { program } from '../support/processes.ts'
import { hasTool } from '../support/tools.ts'
import { HOST, makeMemory, networked, QEMU, TARGET } from './mps2.ts'
import type { ZephyrAgent, ZephyrBoard, ZephyrOptions } from './zephyr.ts'
import { armCompiler, armToolchain } from './zephyr-build.ts'
import { ask, askPem, provision } from './zephyr-line.ts'

/**
 * mps2/an385 in QEMU: a Cortex-M3, whose flash is simulated in memory that is a file of this machine, and that is told
 * what it needs over its serial line.
 */

/** A command of QEMU's monitor. */
async function monitor(socket: string, execute: string): Promise<void> {
  const connection = connect(socket)
  try {
    let answers = 0
    for await (const line of createInterface({ input: connection })) {
      // It greets, and wants to be told what the other end can; other lines are events.
      const { QMP, return: answer, error } = JSON.parse(line) as Record<string, unknown>
      if (error) throw new Error(`${execute}: ${line}`)
      if (QMP) connection.write('{"execute":"qmp_capabilities"}\n')
      else if (answer && ++answers === 1) connection.write(`${JSON.stringify({ execute })}\n`)
      else if (answer) return
    }
    throw new Error(`${execute}: the monitor hung up`)
  } finally {
    connection.destroy()
  }
}

function agent(folder: string, { id, broker, tokenFile, data, more = [], pems = {} }: ZephyrOptions): ZephyrAgent {
  const [serial, qmp] = [`${data}.serial`, `${data}.qmp`]
  if (!existsSync(data)) makeMemory(data)
  const emulated = program({
    name: id,
    command: 'bash',
    args: networked({ folder, memory: data, serial, more: ['-qmp', `unix:${qmp},server=on,wait=off`, ...more] }),
    ready: /link: online/,
  })
  const place = { socket: serial }
  const { port } = new URL(broker)
  const token = tokenFile === undefined ? undefined : readFileSync(tokenFile, 'utf8')
  let isTold = false

  async function tell(): Promise<void> {
    await provision(place, { id, host: HOST, port, ...(token !== undefined && { token }) })
    for (const [name, pem] of Object.entries(pems)) {
      const answer = await askPem(place, name, pem)
      if (!answer.startsWith('ok')) throw new Error(answer)
    }
    isTold = true
  }

  /** Resolves with the line that it says when it is online, in an epoch that it does not have now. */
  async function online(begin: () => Promise<unknown>): Promise<string> {
    const known = emulated.lines().flatMap((line) => /link: (online, epoch \d+)/.exec(line)?.[1] ?? [])
    await begin()
    return emulated.says(new RegExp(`link: (?!(?:${known.join('|')})$)online, epoch`))
  }

  return Object.assign(Object.create(emulated), {
    line: async () => serial,
    ask: (command: string) => ask(place, command),
    askPem: (name: string, pem: string) => askPem(place, name, pem),
    async start() {
      if (isTold) return emulated.start()
      emulated.launch()
      await emulated.says(/samara:~\$/)
      await tell()
      return online(() => ask(place, 'samara restart'))
    },
    reset: () => online(() => monitor(qmp, 'system_reset')).then(() => undefined),
  })
}

export const mps2: ZephyrBoard = {
  name: 'mps2_an385',
  target: TARGET,
  host: HOST,
  hastened: [],
  hasNetwork: true,
  get toolchain() {
    return armToolchain()
  },
  missing: () => [QEMU, ...armCompiler].filter((name) => !hasTool(name)).join(', ') || undefined,
  agent,
}
