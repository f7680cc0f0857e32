import type { Part, PropertyValue } from '../../../../proplet/lab/part.ts'
import { createPart, type PartSpec } from '../../../../proplet/lab/parts.ts'
import { virtualTime } from '../../../../proplet/lab/time.ts'

export type Setting = {
  readonly options?: Readonly<Record<string, PropertyValue>>
  readonly initial?: Readonly<Record<string, PropertyValue>>
}

/** A chip on a bench: its wires are moved by hand, and so is time. */
export function onBench(part: Part, { options = {}, initial = {} }: Setting = {}) {
  const time = virtualTime()
  const live = createPart({ name: 'chip', part, options, initial } satisfies PartSpec, {
    time,
    changed: () => undefined,
  })
  return {
    get: live.get,
    set: live.set,
    time,
    /** Milliseconds. */
    wait: (ms: number) => time.advance(BigInt(Math.round(ms * 1e6))),
    model: live.model,
    /** One transaction: hex is written, a number is so many bytes read. Gives what was read in hex, or `nack`. */
    i2c: (...messages: (string | number)[]) => transact(live.model.i2c, messages),
    /** One selection: what comes back in hex, as long as what went out. */
    spi: (hex: string) => exchange(live.model.spi, hex),
  }
}

export const toHex = (bytes: ArrayLike<number>): string => Buffer.from(Array.from(bytes)).toString('hex')
export const fromHex = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')

function transact(chip: ReturnType<Part['create']>['i2c'], messages: (string | number)[]): string {
  if (!chip) throw new Error('the chip is not on i2c')
  let read = ''
  let acknowledged = true
  for (const message of messages) {
    acknowledged &&= chip.start(typeof message === 'number' ? 'read' : 'write')
    if (!acknowledged) break
    if (typeof message === 'number') read += toHex(Array.from({ length: message }, () => chip.read()))
    else for (const byte of fromHex(message)) acknowledged &&= chip.write(byte)
  }
  chip.stop()
  return acknowledged ? read : 'nack'
}

function exchange(chip: ReturnType<Part['create']>['spi'], hex: string): string {
  if (!chip) throw new Error('the chip is not on spi')
  chip.select()
  const back = Array.from(fromHex(hex), (byte) => chip.exchange(byte))
  chip.deselect()
  return toHex(back)
}
