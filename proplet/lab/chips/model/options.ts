import { SamaraError } from '../../../../shared/errors.ts'
import type { PropertyValue } from '../../part.ts'

export type PartOptions = Readonly<Record<string, PropertyValue>>

/** A whole number among the options of a lab file. */
export function wholeOption(options: PartOptions, name: string, range: { min: number; max: number }): number {
  const value = options[name]
  if (typeof value === 'number' && Number.isInteger(value) && value >= range.min && value <= range.max) return value
  throw new SamaraError(
    'INVALID_ARGUMENT',
    `option ${name} is ${JSON.stringify(value)}, expected a whole number from ${range.min} to ${range.max}`,
  )
}

/** Bytes that a lab file writes in hex; blanks between them do not count. */
export function bytesOption(options: PartOptions, name: string, max: number): Uint8Array {
  const text = String(options[name] ?? '').replaceAll(/\s/g, '')
  if (!/^([0-9a-fA-F]{2})*$/.test(text) || text.length > max * 2)
    throw new SamaraError(
      'INVALID_ARGUMENT',
      `option ${name} is ${text.slice(0, 20)}, expected up to ${max} bytes in hex`,
    )
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

/** One of a few texts. */
export function choiceOption<const T extends string>(options: PartOptions, name: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === options[name])
  if (found !== undefined) return found
  throw new SamaraError(
    'INVALID_ARGUMENT',
    `option ${name} is ${JSON.stringify(options[name])}, expected one of ${choices.join(', ')}`,
  )
}
