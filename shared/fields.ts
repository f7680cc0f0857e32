import { type ErrorCode, errors } from './errors.ts'
import type { DeploymentId, Digest, FunctionName, JobId, PropletId, TaskId, UserId } from './ids.ts'
import { NAME_PATTERN, NAME_RULE } from './ids.ts'
import { dictionary, type FieldType, field, hex, type Infer, list, oneOf, optional, struct, text } from './schema.ts'

/** Field types that several messages share. */

const name = <T extends string>(): FieldType<T> =>
  text({ min: 1, max: 48, pattern: NAME_PATTERN, rule: NAME_RULE }) as unknown as FieldType<T>
const id = <T extends string>(prefix: string): FieldType<T> =>
  text({
    min: 21,
    max: 21,
    pattern: new RegExp(`^${prefix}[0-9a-z]{20}$`),
    rule: `${prefix} and 20 of 0-9 a-z`,
  }) as unknown as FieldType<T>

export const propletName = name<PropletId>()
export const userName = name<UserId>()
export const functionLabel = name<FunctionName>()
export const taskLabel = id<TaskId>('t')
export const jobLabel = id<JobId>('j')
export const deploymentLabel = id<DeploymentId>('d')
export const sha256 = hex<Digest>(32)
export const bootId = hex(8)

export const errorCode = oneOf(
  Object.fromEntries(Object.entries(errors).map(([code, row]) => [code, row.wire])) as Record<ErrorCode, number>,
)

/** An error as a message carries it. */
export const ErrorBody = struct('error-body', {
  code: field(1, errorCode, 'What kind of error; match this one. [P-6]'),
  message: field(2, text({ max: 240 }), 'For people: which thing, which value, what was expected.'),
  field: optional(3, text({ max: 64 }), 'Path of the wrong field.'),
})
export type ErrorBody = Infer<typeof ErrorBody>

/** Names one attempt of one task. */
export const labelKey = text({
  min: 1,
  max: 24,
  pattern: /^[a-z0-9](?:[a-z0-9._/-]*[a-z0-9])?$/,
  rule: '1 to 24 of a-z 0-9 . _ / -',
})
export const labelValue = text({ max: 32, pattern: /^[A-Za-z0-9._/:-]*$/, rule: 'at most 32 of A-Z a-z 0-9 . _ / : -' })
/** What an operator says of a proplet: line=1, site=hall-3. */
export const labels = dictionary({ max: 8, key: labelKey, value: labelValue })

export const envKey = text({ min: 1, max: 64, pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, rule: 'a name of A-Z a-z 0-9 _' })
export const env = dictionary({ max: 64, key: envKey, value: text({ max: 4096 }) })
export const argv = list(text({ max: 4096 }), { max: 64 })

/** A `kind` says what the artefact is; a `format` what a proplet loads. */
export const kinds = ['core', 'command', 'component', 'lowered-core'] as const
export type Kind = (typeof kinds)[number]
export const formats = ['core-module', 'wasi-command', 'component', 'lowered-core'] as const
export type Format = (typeof formats)[number]

/** Arguments, results and outputs up to here travel inside their message; longer ones as a blob. [P-4.1] */
export const INLINE_BYTES = 512
/** Largest document or blob of a task: its arguments, its results. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024
/** Largest module that an upload may have. */
export const MAX_MODULE_BYTES = 64 * 1024 * 1024

/** Cuts a text to `max` UTF-8 bytes at a character's end. */
export function cut(value: string, max: number): string {
  if (Buffer.byteLength(value) <= max) return value
  let end = Math.min(value.length, max)
  while (end > 0 && Buffer.byteLength(value.slice(0, end)) > max - 3) end--
  // A lone surrogate would not encode.
  if (/[\ud800-\udbff]/.test(value[end - 1] ?? '')) end--
  return `${value.slice(0, end)}…`
}

/** Any error as its body for the wire. */
export const errorBody = (error: { code: ErrorCode; message: string; context?: { field?: string } }): ErrorBody => ({
  code: error.code,
  message: cut(error.message, 240),
  ...(error.context?.field && { field: cut(error.context.field, 64) }),
})
