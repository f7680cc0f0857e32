import { InvalidArgumentError } from 'commander'

/** Texts of flags and arguments, read into values. What is wrong is said in the words of the flag. */

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const MAX_MS = 0xffff_ffff

/** `500ms`, `1s`, `1.5m`, `2h`, `1d`: milliseconds. */
export function duration(text: string): number {
  const [, number, unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d)$/.exec(text.trim()) ?? []
  const ms = Math.round(Number(number) * (UNITS[unit] ?? Number.NaN))
  if (Number.isNaN(ms)) throw new InvalidArgumentError('Expected a duration such as 500ms, 1s, 5m or 2h.')
  if (ms > MAX_MS) throw new InvalidArgumentError('Expected at most 49d.')
  return ms
}

/** An integer from `min` to `max`. */
export const integer =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`Expected an integer from ${min} to ${max}.`)
  }

export const choice =
  <const T extends readonly string[]>(names: T) =>
  (text: string): T[number] => {
    if (names.includes(text)) return text
    throw new InvalidArgumentError(`Expected one of ${names.join(', ')}.`)
  }

/** Gathers `K=V` of a flag that may be given several times. */
export function pair(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Expected NAME=VALUE.')
  return Object.fromEntries([...Object.entries(before), [text.slice(0, at), text.slice(at + 1)]])
}

/** Several pairs, `line=1,site=hall-3`. */
export const labels = (text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> =>
  text
    .split(',')
    .filter((part) => part !== '')
    .reduce((all, part) => pair(part.trim(), all), { ...before })

/**
 * JSON, or the text itself where it is none: `5`, `true`, `[1,2]`, `"5"`, `hall-3`.
 * An integer that a number cannot hold stays as it is written, in a text, which is how the manager reads 64 bits.
 */
export function jsonOrText(text: string): unknown {
  try {
    return exactJson(text)
  } catch {
    return text
  }
}

type Source = { readonly source?: string }

/** JSON.parse that loses no digits of large integers. */
export function exactJson(text: string): unknown {
  const exact = (_key: string, value: unknown, context: Source): unknown => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
    return context.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value
  }
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown)
}

export const httpUrl = (text: string): string => {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('Expected a URL such as http://127.0.0.1:7070.')
  if (url.username || url.password) throw new InvalidArgumentError('Expected a URL without a password; see --token.')
  return url.href.replace(/\/$/, '')
}
