import { readFileSync } from 'node:fs'
import { componentNew } from '@bytecodealliance/jco-transpile/wasm-tools'
import { createChannel } from '../../../proplet/hal/channel.ts'
import { ChannelEnd } from '../../../proplet/hal/channel-end.ts'
import type { BusLoad, BusPort, PortDevice } from '../../../proplet/hal/port.ts'
import { Guest } from '../../../proplet/runtime/hosts/guest.ts'
import { hardware } from '../../../proplet/runtime/hosts/hardware/index.ts'
import type { Answer, Operation } from '../../../shared/bus.ts'
import type { Manifest } from '../../../shared/documents/manifest.ts'
import { signatureText } from '../../../shared/signature.ts'
import { describeComponent } from '../../../shared/wasm/component.ts'
import { functionDigest } from '../../../shared/wasm/interface-digest.ts'
import { type Subject, subject } from './fixtures.ts'

type Kind = PortDevice['kind']
export const granted = (name: string, kind: Kind, rest: Partial<PortDevice> = {}): PortDevice => ({
  name,
  kind,
  access: 'read-write',
  maxBytes: 64,
  ...rest,
})

/** Answers an operation; undefined leaves it under way. */
export type Script = (operation: Operation, device: string) => Answer | undefined

export type Row = { readonly device: string; readonly operation: Operation }

/** The devices of one guest inside this process: what was asked for is kept, what is begun is answered when asked for. */
export class FakePort implements BusPort {
  readonly devices: readonly PortDevice[]
  readonly virtualTime: boolean
  readonly rows: Row[] = []
  readonly cancelled: string[] = []
  readonly #script: Script
  readonly #begun = new Map<number, Operation>()

  constructor(devices: readonly PortDevice[], script: Script = () => ({}), virtualTime = false) {
    this.devices = devices
    this.virtualTime = virtualTime
    this.#script = script
  }

  get operations(): Operation[] {
    return this.rows.map(({ operation }) => operation)
  }

  call(device: number, operation: Operation): Answer {
    return this.#answer(device, operation) ?? { error: 'timeout' }
  }

  begin(device: number, operation: Operation): void {
    this.rows.push({ device: this.#name(device), operation })
    this.#begun.set(device, operation)
  }

  finish(device: number): Answer | undefined {
    const operation = this.#begun.get(device)
    const answer = operation ? this.#script(operation, this.#name(device)) : { error: 'invalid' as const }
    if (answer) this.#begun.delete(device)
    return answer
  }

  cancel(device: number): void {
    this.cancelled.push(this.#name(device))
    this.#begun.delete(device)
  }

  #answer(device: number, operation: Operation): Answer | undefined {
    this.rows.push({ device: this.#name(device), operation })
    return this.#script(operation, this.#name(device))
  }

  #name(device: number): string {
    return this.devices[device]?.name ?? 'none'
  }
}

type Fn = (...args: never[]) => unknown
// biome-ignore lint/suspicious/noExplicitAny: what a guest sees has no types.
export type Handle = any

/** What a guest imports, called as jco's glue does: errors are thrown values. */
export function hostOn(port: BusPort, env: Readonly<Record<string, string>> = {}) {
  const guest = new Guest()
  guest.begin({ argv: [], env: Object.entries(env), stdin: new Uint8Array(), valueBytes: 1e6 })
  guest.devices.begin(port)
  const interfaces = hardware(guest)
  const call = (path: string, ...args: unknown[]): Handle => {
    const [module = '', name = ''] = path.split('#')
    const fn = interfaces[module]?.[name] as Fn | undefined
    if (!fn) throw new Error(`${path} is not there`)
    return fn(...(args as never[]))
  }
  return { guest, interfaces, call }
}

/** What was thrown, which is what the guest has as its error. */
export function thrown(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

const guests = new URL('./guests/', import.meta.url)

/** A guest of ours as the manager would describe it. */
export async function guestOf(name: 'cell' | 'pins' | 'loopback'): Promise<Subject> {
  const component = await componentNew(readFileSync(new URL(`${name}.wasm`, guests)), [])
  const { exports, imports } = describeComponent(component)
  const signatures = exports.map((one) => [one.name, signatureText(one.signature)] as const)
  const made = subject(component, 'component', Object.fromEntries(signatures))
  const rows = imports.flatMap(({ module, functions }) =>
    functions.map((one): Manifest['imports'][number] => ({
      module,
      name: one.name,
      signature: signatureText(one.signature),
      digest: functionDigest(module, one.name, one.signature),
    })),
  )
  return { ...made, manifest: { ...made.manifest, imports: rows } }
}

export type Bench = {
  readonly bus: BusLoad
  readonly rows: Row[]
  answer(device: string, answer: Answer): void
  close(): void
}

/** Devices behind the real channels, served by this thread while the guest blocks in its own. */
export function serve(devices: readonly PortDevice[], script: Script): Bench {
  const bell = new SharedArrayBuffer(4)
  const rings = new Int32Array(bell)
  const channels = devices.map(({ maxBytes }) => createChannel(maxBytes, bell))
  const ends = channels.map((channel) => new ChannelEnd(channel))
  const rows: Row[] = []
  let open = true
  const look = () => {
    for (const [index, end] of ends.entries()) {
      const device = devices[index]?.name ?? ''
      if (end.takeCancel()) end.answer({ error: 'cancelled' })
      const asked = end.take()
      if (!asked?.operation) continue
      rows.push({ device, operation: asked.operation })
      const answer = script(asked.operation, device)
      if (answer) end.answer(answer)
    }
  }
  const listen = async () => {
    while (open) {
      const seen = Atomics.load(rings, 0)
      look()
      await Atomics.waitAsync(rings, 0, seen).value
    }
  }
  void listen()
  return {
    bus: { devices, channels, virtualTime: false },
    rows,
    answer: (device, answer) => ends[devices.findIndex(({ name }) => name === device)]?.answer(answer),
    close() {
      open = false
      Atomics.add(rings, 0, 1)
      Atomics.notify(rings, 0)
    },
  }
}
