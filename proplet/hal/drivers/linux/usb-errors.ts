import type { Answer, BusError } from '../../../../shared/bus.ts'
import { busErrorOf } from './errno.ts'

/** The package `usb` gives words where the kernel gave a number; most numbers still stand in them. */
export const usbErrorWords: readonly (readonly [words: RegExp, error: BusError, doc: string])[] = [
  [/\bstall(ed)?\b/i, 'stall', 'The endpoint is halted, or the request is not known to the device.'],
  [/\bcancelled\b/i, 'timeout', 'The transfer was taken back, which only its time limit does.'],
  [/\bdisconnected\b/i, 'no-device', 'The device was pulled out.'],
  [/\bfault\b/i, 'io', 'The bus broke its rules.'],
  [/invalid ?argument|invalid or unsupported/i, 'invalid', 'The system knows no such transfer.'],
  [/\bbusy\b|already in use/i, 'busy', 'Somebody else has the interface, or a transfer is under way.'],
  [/permission denied/i, 'access', 'The system forbids it to this user.'],
  [/not found|invalid state|not claimed|invalid configuration/i, 'invalid', 'No such thing, or it is not claimed.'],
]

const NUMBER = /errno (\d+)|Unknown\((\d+)\)/

export function usbErrorOf(message: string): BusError {
  const [, named, unknown] = NUMBER.exec(message) ?? []
  const errno = Number(named ?? unknown)
  if (errno > 0) return busErrorOf('usb', errno)
  return usbErrorWords.find(([words]) => words.test(message))?.[1] ?? 'io'
}

export function usbFailed(error: unknown): Answer {
  const { message } = error as Error
  return { error: usbErrorOf(message), detail: message.slice(0, 120) }
}
