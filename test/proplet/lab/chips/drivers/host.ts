import { type WasmImports, type WasmMemory, type WasmModule, wasm } from '../../../../../proplet/runtime/webassembly.ts'
import type { onBench } from '../bench.ts'

/** A chip on one bus, and a guest that speaks to it over the lowered imports of wasi:i2c and wasi:spi. Knows no more than that. */

type Bench = ReturnType<typeof onBench>
type Exports = {
  readonly memory: WasmMemory
  cabi_realloc(old: number, oldSize: number, align: number, size: number): number
  values(): number
}
type Step = { readonly kind: number; readonly bytes: Uint8Array; readonly length: number }

const READ = 0
const WRITE = 1
const TRANSFER = 2
/** At 1 MHz; a driver that polls without a pause needs time to go by. */
const BYTE_MS = 0.009

export class DriverHost {
  readonly #bench: Bench
  readonly #address: number
  #exports: Exports | undefined

  constructor(bench: Bench, address = 0) {
    this.#bench = bench
    this.#address = address
  }

  /** Runs one driver and gives the values that it read. */
  run(module: WasmModule, driver: string): number[] {
    const { exports } = new wasm.Instance(module, this.#imports())
    this.#exports = exports as unknown as Exports
    const count = (exports[driver] as () => number)()
    return [...new Float64Array(this.#exports.memory.buffer, this.#exports.values(), count)]
  }

  #imports(): WasmImports {
    const opened = (_name: number, _length: number, area: number) => this.#view().setUint32(area + 4, 1, true)
    return {
      'samara:device/open@0.1.0': { 'open-i2c': opened, 'open-delay': () => 1 },
      'wasi:i2c/delay@0.2.0-draft': {
        '[method]delay.delay-ns': (_: number, ns: number) => this.#bench.wait((ns >>> 0) / 1e6),
        '[resource-drop]delay': () => undefined,
      },
      'wasi:i2c/i2c@0.2.0-draft': {
        '[method]i2c.transaction': (_: number, address: number, steps: number, count: number, area: number) =>
          this.#i2c(address, this.#steps(steps, count), area),
        '[resource-drop]i2c': () => undefined,
      },
      'wasi:spi/spi': {
        open: opened,
        '[method]spi-device.transaction': (_: number, steps: number, count: number, area: number) =>
          this.#spi(this.#steps(steps, count), area),
        '[resource-drop]spi-device': () => undefined,
      },
      bench: {
        select: () => this.#bench.model.spi?.select(),
        exchange: (byte: number) => this.#byte(byte),
        deselect: () => this.#bench.model.spi?.deselect(),
      },
    }
  }

  #view(): DataView {
    return new DataView((this.#exports as Exports).memory.buffer)
  }

  #steps(at: number, count: number): Step[] {
    const view = this.#view()
    return Array.from({ length: count }, (_, index) => {
      const step = at + index * 16
      const kind = view.getUint8(step)
      const [first, second] = [view.getUint32(step + 8, true), view.getUint32(step + 12, true)]
      const sends = kind === WRITE || kind === TRANSFER
      const bytes = sends ? new Uint8Array(view.buffer, first, second).slice() : new Uint8Array()
      return { kind, bytes, length: sends ? second : first }
    })
  }

  /** A list in the guest's memory, as its allocator wants it. */
  #give(bytes: Uint8Array): [pointer: number, length: number] {
    const exports = this.#exports as Exports
    const at = exports.cabi_realloc(0, 0, 1, bytes.length)
    new Uint8Array(exports.memory.buffer, at).set(bytes)
    return [at, bytes.length]
  }

  /** Elements of `size` bytes, of which the last 8 are a list; pointer and length go to the result. */
  #giveAll(area: number, size: number, given: readonly { readonly kind: number; readonly bytes: Uint8Array }[]): void {
    const lists = given.map(({ kind, bytes }) => ({ kind, list: this.#give(bytes) }))
    const at = (this.#exports as Exports).cabi_realloc(0, 0, 4, lists.length * size)
    const view = this.#view()
    for (const [index, { kind, list }] of lists.entries()) {
      const element = at + index * size
      if (size === 12) view.setUint8(element, kind)
      view.setUint32(element + size - 8, list[0], true)
      view.setUint32(element + size - 4, list[1], true)
    }
    view.setUint8(area, 0)
    view.setUint32(area + 4, at, true)
    view.setUint32(area + 8, lists.length, true)
  }

  #i2c(address: number, steps: readonly Step[], area: number): void {
    const chip = address === this.#address ? this.#bench.model.i2c : undefined
    const read: Uint8Array[] = []
    let direction: 'read' | 'write' | undefined
    let isAcknowledged = true
    for (const { kind, bytes, length } of steps) {
      const next = kind === READ ? 'read' : 'write'
      if (next !== direction) isAcknowledged &&= chip?.start(next) === true
      direction = next
      if (!isAcknowledged) break
      for (const byte of bytes) isAcknowledged &&= chip?.write(byte) === true
      if (kind === READ) read.push(Uint8Array.from({ length }, () => chip?.read() ?? 0xff))
      this.#bench.wait(BYTE_MS * length)
    }
    chip?.stop()
    if (isAcknowledged)
      return this.#giveAll(
        area,
        8,
        read.map((bytes) => ({ kind: READ, bytes })),
      )
    // The result is an error, of which the case is no-acknowledge, of the address.
    for (const [offset, byte] of [1, 0, 0, 0, 2, 0].entries()) this.#view().setUint8(area + offset, byte)
  }

  #spi(steps: readonly Step[], area: number): void {
    this.#bench.model.spi?.select()
    const given = steps.map(({ kind, bytes, length }) => {
      const out = kind === READ ? new Uint8Array(length) : bytes
      const back = out.map((byte) => this.#byte(byte))
      return { kind, bytes: kind === WRITE ? new Uint8Array() : back }
    })
    this.#bench.model.spi?.deselect()
    this.#giveAll(area, 12, given)
  }

  #byte(byte: number): number {
    this.#bench.wait(BYTE_MS)
    return this.#bench.model.spi?.exchange(byte) ?? 0xff
  }
}
