import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { program } from '../support/processes.ts'
import { hasTool } from '../support/tools.ts'
import type { ZephyrAgent, ZephyrBoard, ZephyrOptions } from './zephyr.ts'
import { armCompiler, armSettings } from './zephyr-build.ts'
import { ask, askPem, provision } from './zephyr-line.ts'

/**
 * mps2/an385 in QEMU: a Cortex-M3, whose flash is simulated in memory that is a file of this machine, and that is told
 * what it needs over its serial line.
 */

const MEMORY_BYTES = 16 * 1024 * 1024
/** This machine's loopback, as QEMU's user network has it. */
const HOST = '10.0.2.2'

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
  if (!existsSync(data)) {
    writeFileSync(data, '')
    truncateSync(data, MEMORY_BYTES)
  }
  const emulated = program({
    name: id,
    // Its log is opened by name, which a pipe has and a socket has not.
    command: 'bash',
    args: [
      ...['-c', 'exec "$0" "$@" > >(exec cat)', 'qemu-system-arm'],
      ...['-machine', 'mps2-an385,memory-backend=flash', '-m', `${MEMORY_BYTES}B`],
      ...['-object', `memory-backend-file,id=flash,size=${MEMORY_BYTES}B,mem-path=${data},share=on`],
      ...['-nic', 'user,model=lan9118', '-display', 'none', '-monitor', 'none'],
      // All that it says is also what the program prints.
      ...[
        '-chardev',
        `socket,id=line,path=${serial},server=on,wait=off,logfile=/dev/stdout`,
        '-serial',
        'chardev:line',
      ],
      ...['-qmp', `unix:${qmp},server=on,wait=off`, '-kernel', join(folder, 'zephyr.elf'), ...more],
    ],
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
  target: 'mps2/an385',
  host: HOST,
  get build() {
    return armSettings()
  },
  missing: () => ['qemu-system-arm', ...armCompiler].filter((name) => !hasTool(name)).join(', ') || undefined,
  agent,
}
