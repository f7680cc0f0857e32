import type { Answer, BusError } from '../../../../shared/bus.ts'

/** What a guest hears of each error, a table per interface. */

type Table<E> = Readonly<Record<BusError, E>>

/** Of i2c: it has no words for a refusal, a time limit or a wrong argument. */
export type I2cError =
  | { readonly tag: 'bus' | 'arbitration-loss' | 'overrun' | 'other' }
  | { readonly tag: 'no-acknowledge'; readonly val: 'address' | 'data' | 'unknown' }

const OTHER = { tag: 'other' } as const

export const i2cErrors: Table<I2cError> = {
  'nack-address': { tag: 'no-acknowledge', val: 'address' },
  'nack-data': { tag: 'no-acknowledge', val: 'data' },
  nack: { tag: 'no-acknowledge', val: 'unknown' },
  'arbitration-lost': { tag: 'arbitration-loss' },
  bus: { tag: 'bus' },
  overrun: { tag: 'overrun' },
  overflow: { tag: 'overrun' },
  timeout: { tag: 'bus' },
  stall: OTHER,
  'no-device': OTHER,
  busy: OTHER,
  access: OTHER,
  'mode-fault': OTHER,
  'frame-format': OTHER,
  'chip-select': OTHER,
  'not-granted': OTHER,
  invalid: OTHER,
  unsupported: OTHER,
  cancelled: OTHER,
  io: OTHER,
}

/** Where an interface has no case, `other` with words. */
const WORDS = 'words'

export const spiErrors: Table<'overrun' | 'mode-fault' | 'frame-format' | 'chip-select-fault' | typeof WORDS> = {
  'nack-address': WORDS,
  'nack-data': WORDS,
  nack: WORDS,
  'arbitration-lost': WORDS,
  bus: WORDS,
  overrun: 'overrun',
  overflow: 'overrun',
  timeout: WORDS,
  stall: WORDS,
  'no-device': WORDS,
  busy: WORDS,
  access: WORDS,
  'mode-fault': 'mode-fault',
  'frame-format': 'frame-format',
  'chip-select': 'chip-select-fault',
  'not-granted': WORDS,
  invalid: WORDS,
  unsupported: WORDS,
  cancelled: WORDS,
  io: WORDS,
}

export type Gpio2025Case =
  | 'hardware-fault'
  | 'already-in-use'
  | 'pin-not-allowed'
  | 'pin-mode-not-allowed'
  | 'pin-mode-not-available'
  | 'operation-not-supported'

export const gpio2025Errors: Table<Gpio2025Case | typeof WORDS> = {
  'nack-address': 'hardware-fault',
  'nack-data': 'hardware-fault',
  nack: 'hardware-fault',
  'arbitration-lost': 'hardware-fault',
  bus: 'hardware-fault',
  overrun: 'hardware-fault',
  overflow: 'hardware-fault',
  timeout: WORDS,
  stall: 'hardware-fault',
  'no-device': 'hardware-fault',
  busy: 'already-in-use',
  access: WORDS,
  'mode-fault': 'hardware-fault',
  'frame-format': 'hardware-fault',
  'chip-select': 'hardware-fault',
  'not-granted': 'pin-not-allowed',
  invalid: 'operation-not-supported',
  unsupported: 'operation-not-supported',
  cancelled: WORDS,
  io: 'hardware-fault',
}

export type UsbError =
  | 'io'
  | 'invalid-param'
  | 'access'
  | 'no-device'
  | 'not-found'
  | 'busy'
  | 'timeout'
  | 'overflow'
  | 'pipe'
  | 'interrupted'
  | 'no-mem'
  | 'not-supported'
  | 'other'

export const usbErrors: Table<UsbError> = {
  'nack-address': 'io',
  'nack-data': 'io',
  nack: 'io',
  'arbitration-lost': 'io',
  bus: 'io',
  overrun: 'overflow',
  overflow: 'overflow',
  timeout: 'timeout',
  stall: 'pipe',
  'no-device': 'no-device',
  busy: 'busy',
  access: 'access',
  'mode-fault': 'io',
  'frame-format': 'io',
  'chip-select': 'io',
  'not-granted': 'access',
  invalid: 'invalid-param',
  unsupported: 'not-supported',
  cancelled: 'interrupted',
  io: 'io',
}

type Failed = Answer & { readonly error: BusError }
export type Worded<T extends string> = { readonly tag: T } | { readonly tag: 'other'; readonly val: string }

/**
 * The same words for the same error, whatever driver it comes from: a guest must not tell the lab from a real bus. What
 * the system said of it is in the transcript.
 */
export const wordsOf = ({ error, detail }: Failed): string =>
  error === 'not-granted' ? `not granted: ${detail ?? 'by the grant'}` : error

const worded = <T extends string>(row: T | typeof WORDS, answer: Failed): Worded<T> =>
  row === WORDS ? { tag: 'other', val: wordsOf(answer) } : { tag: row }

const failed = (answer: Answer): answer is Failed => answer.error !== undefined

/** Each gives back an answer and throws what the glue of jco lowers as the error of a result. */
export function i2cAnswer(answer: Answer): Answer {
  if (failed(answer)) throw { ...i2cErrors[answer.error] }
  return answer
}

export function spiAnswer(answer: Answer): Answer {
  if (failed(answer)) throw worded(spiErrors[answer.error], answer)
  return answer
}

export function gpioAnswer(answer: Answer): Answer {
  if (failed(answer)) throw { tag: 'other', val: wordsOf(answer) }
  return answer
}

export function gpio2025Answer(answer: Answer): Answer {
  if (failed(answer)) throw worded(gpio2025Errors[answer.error], answer)
  return answer
}

export function usbAnswer(answer: Answer): Answer {
  if (failed(answer)) throw usbErrors[answer.error]
  return answer
}
