import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { onTestFailed, onTestFinished } from 'vitest'
import { parseConfig } from '../../manager/config.ts'
import { startManager } from '../../manager/start.ts'
import { realClock } from '../../shared/clock.ts'
import { type FunctionName, propletId, type UserId } from '../../shared/ids.ts'
import { brokerFiles, mosquitto } from './mosquitto.ts'
import { quiet } from './quiet.ts'
import { example, tempFolder } from './system.ts'

/** A program as a process of its own: started, ended by whatever signal, and started again on the same data. */
export type Program = {
  readonly name: string
  /** Of the process that runs; undefined while none does. */
  readonly pid: number | undefined
  /** Starts it and resolves with its ready line. */
  start(): Promise<string>
  /** Starts it without waiting. */
  launch(): void
  /** Sends a signal; for SIGKILL and SIGTERM it resolves when the process has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** The first line like this, of those that came and those that come. */
  says(pattern: RegExp): Promise<string>
  /** The latest lines of all its runs. */
  output(): string
  /** The latest of them, as they were. */
  lines(): readonly string[]
}

export type ProgramOptions = {
  readonly name: string
  /** @default Node */
  readonly command?: string
  readonly args: readonly string[]
  /** The line that says that it takes work. */
  readonly ready: RegExp
}

const KEPT_LINES = 400
const SHOWN_LINES = 40
const READY_MS = 60_000
/** Below the ports that the system hands out, so that nobody takes one while its owner is down. */
const FIRST_PORT = 20_000
const PORTS = 12_000

/** A program that ends with the test, and whose output is shown when the test fails. */
export function program({ name, command = process.execPath, args, ready }: ProgramOptions): Program {
  const lines: string[] = []
  const watchers = new Set<(line: string) => void>()
  let child: ChildProcess | undefined

  function launch(): void {
    if (child) throw new Error(`${name} runs already`)
    const { PATH, HOME } = process.env
    const started = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH, HOME } })
    child = started
    eachLine(started, (line) => {
      lines.push(line)
      if (lines.length > KEPT_LINES) lines.shift()
      for (const watch of watchers) watch(line)
    })
    started.once('exit', () => {
      if (child === started) child = undefined
    })
  }

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const victim = child
    if (!victim) return
    victim.kill(signal)
    if (signal !== 'SIGKILL' && signal !== 'SIGTERM') return
    if (victim.exitCode === null && victim.signalCode === null) await once(victim, 'exit')
    child = undefined
  }

  const output = (): string => `--- ${name}\n${lines.slice(-SHOWN_LINES).join('\n')}`
  onTestFailed(() => console.error(output()))
  onTestFinished(() => kill())

  return {
    name,
    get pid() {
      return child?.pid
    },
    launch,
    kill,
    output,
    lines: () => lines,
    says: (pattern) =>
      new Promise((resolve) => {
        const watch = (line: string) => {
          if (!pattern.test(line)) return
          watchers.delete(watch)
          resolve(line)
        }
        watchers.add(watch)
        for (const line of lines) watch(line)
      }),
    async start() {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const watch = (line: string) => ready.test(line) && resolve(line)
      watchers.add(watch)
      const late = setTimeout(() => reject(new Error(`${name} is not ready:\n${output()}`)), READY_MS)
      try {
        launch()
        child?.once('exit', (code) => reject(new Error(`${name} ended with ${code}:\n${output()}`)))
        return await promise
      } finally {
        clearTimeout(late)
        watchers.delete(watch)
      }
    },
  }
}

function eachLine(child: ChildProcess, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      const all = (rest + piece).split('\n')
      rest = all.pop() ?? ''
      // Serial lines end theirs as terminals want it.
      for (const line of all) onLine(line.replace(/\r+$/, ''))
    })
  }
}

export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!free) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

export type BrokerKind = 'embedded' | 'mosquitto'

export type FleetOptions = {
  readonly broker: BrokerKind
  readonly proplets: readonly string[]
  /** Function name to module, or its file among the examples. @default add */
  readonly functions?: Readonly<Record<string, string | Uint8Array>>
  /** @default 1000 */
  readonly leaseMs?: number
  /** @default 500 */
  readonly aliveMs?: number
  /** Tasks that a proplet runs at a time. @default 2 */
  readonly slots?: number
  /** Users beside `ann`, and what they are. */
  readonly users?: Readonly<Record<string, 'user' | 'operator'>>
  /** Further lines of Mosquitto's configuration. */
  readonly brokerLines?: readonly string[]
  /** Further settings of single proplets. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, string | number>>>>
}

/** A manager, its broker and its proplets, each a process. */
export type Fleet = {
  readonly url: string
  readonly manager: Program
  /** Where it is a process of its own. */
  readonly broker: Program | undefined
  readonly proplets: ReadonlyMap<string, Program>
  /** Passwords at the broker, of proplets and users. */
  readonly tokens: ReadonlyMap<string, string>
  /** What the manager itself connects with, where the broker is a process of its own. */
  readonly managerLogin: { readonly username: string; readonly password: string }
  proplet(id: string): Program
  /** Another device with the name and token of `id`. */
  twin(id: string): Promise<Program>
  /** Starts all of it. */
  start(): Promise<void>
}

export const FLEET_USER = 'ann'

/** Makes the data of a fleet; nothing runs yet. */
export async function createFleet(options: FleetOptions): Promise<Fleet> {
  const dir = await tempFolder()
  const data = join(dir, 'manager')
  const port = await freePort()
  const url = `mqtt://127.0.0.1:${port}`
  const { tokens, files } = await provision(data, dir, options)
  const external = options.broker === 'mosquitto'
  const broker = external ? await mosquitto({ dir, port, files, more: options.brokerLines ?? [] }) : undefined
  const { username, password } = files.manager
  const manager = program({
    name: 'manager',
    ready: /"msg":"ready"/,
    args: [
      'manager/main.ts',
      ...flags({ data, httpPort: 0, leaseMs: options.leaseMs ?? 1_000 }),
      ...flags(external ? { broker: url, brokerUsername: username, brokerPassword: password } : { mqttPort: port }),
    ],
  })
  const proplets = new Map<string, Program>()
  for (const id of options.proplets) proplets.set(id, await propletProgram({ ...options, id, dir, url, tokens }))
  return {
    url,
    manager,
    broker,
    proplets,
    tokens,
    managerLogin: files.manager,
    proplet: (id) => proplets.get(id) as Program,
    twin: (id) => propletProgram({ ...options, id, name: `${id}-twin`, dir, url, tokens }),
    async start() {
      await broker?.start()
      await manager.start()
      await Promise.all([...proplets.values()].map((one) => one.start()))
    },
  }
}

async function propletProgram(
  options: FleetOptions & { id: string; name?: string; dir: string; url: string; tokens: ReadonlyMap<string, string> },
): Promise<Program> {
  const { id, dir, url, tokens, aliveMs = 500, slots = 2, name = id } = options
  const tokenFile = join(dir, `${id}.token`)
  await writeFile(tokenFile, tokens.get(id) ?? '')
  const given = { id, broker: url, tokenFile, data: join(dir, name), slots, aliveMs, ...options.settings?.[id] }
  return program({ name, ready: /"msg":"online"/, args: ['proplet/main.ts', ...flags(given)] })
}

const flags = (values: Readonly<Record<string, string | number>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ])

/** Registers everybody, uploads the functions, and gives what a broker needs to know them. */
async function provision(data: string, dir: string, options: FleetOptions) {
  const { proplets, users = {}, functions = { add: 'add/add.wasm' } } = options
  const { manager, http, close } = await startManager({
    config: parseConfig({ argv: flags({ data, httpPort: 0, mqttPort: 0 }) }),
    clock: realClock,
    log: quiet,
    version: 'test',
    readFile: (path) => readFileSync(path),
    usage: () => ({ memory: process.memoryUsage(), cpu: process.cpuUsage(), uptimeSeconds: process.uptime() }),
  })
  try {
    const tokens = new Map<string, string>()
    const user = FLEET_USER as UserId
    tokens.set(FLEET_USER, (await manager.users.add(user, 'user')).token)
    for (const [name, role] of Object.entries(users))
      tokens.set(name, (await manager.users.add(name as UserId, role)).token)
    for (const id of proplets) tokens.set(id, (await manager.proplets.add(propletId(id), {})).token)
    for (const [name, file] of Object.entries(functions))
      await manager.functions.add(name as FunctionName, typeof file === 'string' ? await example(file) : file, { user })
    return { tokens, files: brokerFiles(manager, dir) }
  } finally {
    await http.close().catch(() => {})
    await close()
  }
}
