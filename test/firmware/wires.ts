import type { DeviceSpec } from '../../proplet/hal/profile.ts'
import { type ConformanceRow, difference } from '../contract/conformance.ts'

/**
 * What of a row an analyser on the lab's i2c bus saw otherwise, from the first byte to the last; undefined where nothing,
 * and for rows that are not i2c's or have faults. It owes nothing to what an agent recorded.
 */
export function seenOtherwise(
  { bus, faults = [] }: ConformanceRow,
  profile: readonly DeviceSpec[],
  wires: readonly string[],
): string | undefined {
  const specs = bus.map((line) => profile.find(({ name }) => name === line.replace('* ', '').split(' ')[0]))
  if (faults.length > 0 || specs.some((spec) => spec?.kind !== 'i2c')) return undefined
  const expected = bus.map((line, at) => wireOf(line, (specs[at] as DeviceSpec & { kind: 'i2c' }).tenBit))
  const found = difference(expected, wires)
  return found && `on the wires: ${found}`
}

/** `store 50 w00 r1=ff` is `S 50w A 00 A Sr 50r A ff N P`. */
function wireOf(line: string, tenBit: boolean): string {
  const many = line.startsWith('* ') ? '* ' : ''
  const [, address = '', ...words] = line.slice(many.length).split(' ')
  const target = address.padStart(tenBit ? 3 : 2, '0')
  if (words.includes('!nack-address')) return `${many}S ${target}w N P`
  const messages = words.map((word, at) => messageOf(word, `${at > 0 ? 'Sr' : 'S'} ${target}`))
  return `${many}${[...messages, 'P'].join(' ')}`
}

/** The controller acknowledges all bytes of a read but the last, the chip all of a write. */
function messageOf(word: string, start: string): string {
  const isRead = word.startsWith('r')
  const bytes = word.replace(/^w|^r\d+=/, '').match(/../g) ?? []
  const acknowledged = bytes.map((byte, at) => `${byte} ${isRead && at === bytes.length - 1 ? 'N' : 'A'}`)
  return [start + (isRead ? 'r' : 'w'), 'A', ...acknowledged].join(' ')
}
