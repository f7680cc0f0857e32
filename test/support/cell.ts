import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ManagerEvent } from '../../manager/services/events.ts'
import { parseConfig } from '../../proplet/config.ts'
import type { Lab } from '../../proplet/lab/lab.ts'
import type { PropertyValue } from '../../proplet/lab/part.ts'
import { startLab } from '../../proplet/lab/start.ts'
import { startProplet } from '../../proplet/start.ts'
import type { Grant } from '../../shared/capabilities.ts'
import { realClock } from '../../shared/clock.ts'
import { type Ran, type Surroundings, samara } from '../cli/support.ts'
import { collectingLog, type LogLine } from './log.ts'
import { example, type TestManager, temporaryFolder, testManager } from './manager.ts'
import { quiet } from './quiet.ts'
import { connectUser, type User } from './system.ts'

/** A factory cell end to end: manager, broker, agents, their runtimes and I/O workers, and a lab behind its socket. */
export type Cell = {
  readonly dir: string
  readonly lab: Lab
  readonly socket: string
  readonly manager: TestManager
  /** Registers a proplet and starts its agent, on the lab unless it is to have no devices. */
  proplet(id: string, options?: CellPropletOptions): Promise<CellProplet>
  user(name: string): Promise<User>
  cli(args: readonly string[], around?: Surroundings): Promise<Ran>
  /** Uploads bytes, or an example by its path; and gives its tasks what is said, or what it asks for. */
  upload(name: string, module: string | Uint8Array, grants?: readonly Grant[] | 'asked'): Promise<void>
  submit(job: CellJob): Promise<Submitted>
  /** Submits and waits for the end. */
  run(job: CellJob): Promise<Answered>
  /** The first event, of those that were and those that come, of which `pick` makes something. */
  happened<T>(pick: (event: ManagerEvent) => T | undefined): Promise<T>
  /** Waits until a property is so. */
  shows(part: string, property: string, value: PropertyValue): Promise<void>
}

export type CellPropletOptions = {
  readonly devices?: boolean
  readonly labels?: Readonly<Record<string, string>>
  readonly slots?: number
}
export type CellProplet = { readonly logs: readonly LogLine[]; stop(): Promise<void> }
export type CellJob = { readonly function: string; readonly export: string; readonly [field: string]: unknown }
export type Submitted = { readonly task: string; running(): Promise<void>; ended(): Promise<Answered> }
// biome-ignore lint/suspicious/noExplicitAny: tests look where they like
export type Answered = any

export const cellFile = new URL('../../examples/lab/cell.lab.yaml', import.meta.url).pathname
const guests = new URL('../proplet/runtime/guests/', import.meta.url)
/** Hands the answers of every interface through: see its world in guests/wit/cell.wit. */
export const throughGuest = (): Buffer => readFileSync(new URL('cell.wasm', guests))

export type OpenCellOptions = {
  /** The lab file: its path, or its text. @default the factory cell of the examples */
  readonly lab?: string
  /** What lies beside a text, by name: chips. */
  readonly files?: Readonly<Record<string, string>>
}

export async function openCell({ lab: given = cellFile, files = {} }: OpenCellOptions = {}): Promise<Cell> {
  const dir = await temporaryFolder()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
  const file = given.includes('\n') ? join(dir, 'cell.lab.yaml') : given
  if (file !== given) writeFileSync(file, given)
  const socket = join(dir, 'lab.sock')
  const { lab, close } = await startLab({ file, socket, clock: realClock, log: quiet })
  onTestFinished(close)
  const manager = await testManager()
  const events: ManagerEvent[] = []
  const watchers = new Set<() => void>()
  manager.manager.events.watch((event) => {
    events.push(event)
    for (const look of [...watchers]) look()
  })

  const happened = <T>(pick: (event: ManagerEvent) => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      let next = 0
      const look = () => {
        for (; next < events.length; next++) {
          const found = pick(events[next] as ManagerEvent)
          if (found === undefined) continue
          watchers.delete(look)
          return resolve(found)
        }
      }
      watchers.add(look)
      look()
    })

  async function proplet(id: string, options: CellPropletOptions = {}): Promise<CellProplet> {
    const { devices = true, labels = {}, slots = 4 } = options
    const { json } = await manager.post('/v1/proplets', { id, labels })
    const settings = {
      ...{ id, token: json.token, broker: `mqtt://127.0.0.1:${manager.mqttPort}`, data: join(dir, id) },
      ...{ slots, 'alive-ms': 1_000, 'drain-ms': 0, ...(devices && { lab: socket }) },
    }
    const argv = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
    const { log, lines } = collectingLog()
    const stop = await startProplet({
      config: parseConfig({ hostname: 'test', cores: 2, home: dir }, { argv }),
      clock: realClock,
      log,
      software: 'samara test',
      arch: process.arch,
      random: Math.random,
      freeMemory: () => 1 << 30,
      readFile: (path) => readFileSync(path),
    })
    onTestFinished(stop)
    await happened((event) => (event.type === 'proplet' && event.proplet === id && isHeard(event)) || undefined)
    return { logs: lines, stop }
  }

  async function upload(name: string, module: string | Uint8Array, grants?: readonly Grant[] | 'asked') {
    const bytes = typeof module === 'string' ? await example(module) : module
    const uploaded = await manager.post(`/v1/functions/${name}`, bytes)
    if (!uploaded.json.version) throw new Error(`upload of ${name}: ${uploaded.bytes}`)
    if (!grants) return
    const place = `/v1/functions/${name}/versions/latest/grants`
    const given = grants === 'asked' ? (await manager.get(place)).json.asked : grants
    const granted = await manager.request('PUT', place, { body: { grants: given } })
    if (granted.status !== 200) throw new Error(`grants of ${name}: ${granted.bytes}`)
  }

  async function submit(job: CellJob): Promise<Submitted> {
    const body = { key: randomUUID(), ...job }
    const accepted = await manager.post('/v1/jobs', body)
    const task: string = accepted.json.tasks?.[0]?.id
    if (!task) throw new Error(`job ${JSON.stringify(job)}: ${accepted.bytes}`)
    return {
      task,
      running: () =>
        happened(
          (event) => (event.type === 'task' && event.task === task && event.state === 'running') || undefined,
        ).then(() => undefined),
      async ended() {
        for (;;) {
          const { json } = await manager.post('/v1/jobs?wait=30000', body)
          if (json.results) return json.results[0]
        }
      },
    }
  }

  return {
    dir,
    lab,
    socket,
    manager,
    proplet,
    upload,
    submit,
    happened,
    run: async (job) => (await submit(job)).ended(),
    user: (name) => connectUser(`mqtt://127.0.0.1:${manager.mqttPort}`, name),
    cli: (args, around = {}) => samara(args, { ...around, env: { SAMARA_MANAGER: manager.url, ...around.env } }),
    shows: (part, property, value) => labShows(lab, part, property, value),
  }
}

const isHeard = (event: Extract<ManagerEvent, { type: 'proplet' }>): boolean => event.liveness === 'on-time'

/** Waits until a property of a lab's part is so. */
export const labShows = (lab: Lab, part: string, property: string, value: PropertyValue): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      if (lab.part(part).get(property) !== value) return
      stop()
      resolve()
    }
    const stop = lab.watch(look)
    look()
  })

export const grant = (
  device: string,
  kind: Grant['kind'],
  access: Grant['access'],
  more: Partial<Grant> = {},
): Grant => ({
  device,
  kind,
  access,
  ...more,
})

/** A thermostat whose set point is 15 degrees in place of 25: the same module but for that number. */
export function coolerThermostat(thermostat: Uint8Array): Uint8Array {
  const bytes = Buffer.from(thermostat)
  // i32.const 2500 and i32.const 1500, in hundredths and LEB128.
  const [set, cooler] = [Buffer.of(0x41, 0xc4, 0x13), Buffer.of(0x41, 0xdc, 0x0b)]
  let count = 0
  for (let at = bytes.indexOf(set); at >= 0; at = bytes.indexOf(set, at + 1), count++) cooler.copy(bytes, at)
  if (count === 0) throw new Error('examples/thermostat/thermostat.wasm: the set point of 2500 is not found in it')
  return bytes
}

/** The factory cell with other lines in the place of those of its devices. */
export function cellWith(...devices: readonly string[]): string {
  return devices.reduce(
    (text, line) => {
      const name = line.slice(0, line.indexOf(':'))
      const there = new RegExp(`^    ${name}: .*$`, 'm')
      return there.test(text.slice(text.indexOf('proplets:')))
        ? text.slice(0, text.indexOf('proplets:')) + text.slice(text.indexOf('proplets:')).replace(there, `    ${line}`)
        : `${text.trimEnd()}\n    ${line}\n`
    },
    readFileSync(cellFile, 'utf8'),
  )
}
