import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from './bench.ts'
import { connect } from './client.ts'
import { type Process, start } from './processes.ts'

/** The product as its users run it: a manager with the embedded broker, and proplets, each a process of the built code. */
export type Manager = Process & { readonly http: string; readonly port: number; readonly dir: string }

export type ManagerOptions = { readonly maxConnections?: number }

export async function startManager(
  { dist }: Pick<Bench, 'dist'>,
  dir: string,
  options: ManagerOptions = {},
): Promise<Manager> {
  const { maxConnections = 1_000 } = options
  const settings = { data: join(dir, 'manager'), 'http-port': 0, 'mqtt-port': 0, 'max-connections': maxConnections }
  const program = await start([join(dist, 'manager/main.js'), ...flags(settings)], /"msg":"ready"/)
  const { http, mqtt } = JSON.parse(program.ready) as { http: string; mqtt: number }
  return { ...program, http, port: mqtt, dir }
}

/** Registers a proplet. Resolves with its token. */
export async function register(manager: Pick<Manager, 'http'>, id: string): Promise<string> {
  const { token } = (await post(`${manager.http}/v1/proplets`, JSON.stringify({ id }), 'application/json')) as {
    token: string
  }
  return token
}

/** Uploads a module as a new version of a function. */
export async function upload(manager: Pick<Manager, 'http'>, name: string, bytes: Uint8Array): Promise<void> {
  await post(`${manager.http}/v1/functions/${name}`, new Uint8Array(bytes), 'application/wasm')
}

async function post(url: string, body: string | Uint8Array<ArrayBuffer>, type: string): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return await response.json()
}

export type Proplet = Process & {
  /** From the start of the process until the manager has heard it. */
  readonly heardMs: number
}

/** A proplet that can be started again on the data that an earlier run of it has left. */
export type PropletPlace = { start(): Promise<Proplet> }

export async function placeProplet(
  { dist }: Pick<Bench, 'dist'>,
  manager: Pick<Manager, 'http' | 'port' | 'dir'>,
  id: string,
): Promise<PropletPlace> {
  const tokenFile = join(manager.dir, `${id}.token`)
  await writeFile(tokenFile, await register(manager, id))
  const broker = `mqtt://127.0.0.1:${manager.port}`
  const settings = { id, broker, 'token-file': tokenFile, data: join(manager.dir, id), slots: 2, queue: 128 }
  return {
    async start() {
      const watcher = await connect(manager.port, 'watcher')
      try {
        // The manager answers a proplet once it has taken it in.
        const heard = new Promise<number>((resolve) => watcher.once('message', () => resolve(performance.now())))
        await watcher.subscribeAsync(`samara/1/default/p/${id}/welcome`, { qos: 1 })
        const beganMs = performance.now()
        const program = await start([join(dist, 'proplet/main.js'), ...flags(settings)], /"msg":"online"/)
        return { ...program, heardMs: (await heard) - beganMs }
      } finally {
        await watcher.endAsync(true)
      }
    },
  }
}

const flags = (values: Readonly<Record<string, string | number>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [`--${name}`, `${value}`])
