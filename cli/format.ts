/** Values of the manager in the words of a table. */

export function size(bytes: number | undefined): string | undefined {
  if (bytes === undefined) return undefined
  if (bytes < 1024) return `${bytes} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 'B'
  for (const next of units) {
    if (value < 1024) break
    value /= 1024
    unit = next
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`
}

/** A span, to two figures that matter. */
export function span(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined
  if (ms < 1) return `${ms.toFixed(1)}ms`
  if (ms < 1_000) return `${Math.round(ms)}ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)}s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)}m`
  if (ms < 48 * 3_600_000) return `${Math.round(ms / 3_600_000)}h`
  return `${Math.round(ms / 86_400_000)}d`
}

export const ago = (nowMs: number, thenMs: number | undefined): string | undefined =>
  thenMs === undefined ? undefined : `${span(Math.max(0, nowMs - thenMs))} ago`

export const when = (ms: number | undefined): string | undefined =>
  ms === undefined || !Number.isFinite(ms) || Math.abs(ms) > 8.64e15
    ? undefined
    : new Date(ms).toISOString().replace('T', ' ').slice(0, 19)

export const pairs = (labels: Readonly<Record<string, string>> | undefined): string | undefined => {
  const all = Object.entries(labels ?? {})
  return all.length === 0 ? undefined : all.map(([key, value]) => `${key}=${value}`).join(',')
}

export const shortDigest = (digest: string | undefined): string | undefined => digest?.slice(0, 12)

/** A value of a function on one line. */
export const json = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value))
