import { createHash, randomBytes } from 'node:crypto'
import { invalid } from './errors.ts'

declare const brand: unique symbol
type Brand<T, Name> = T & { readonly [brand]: Name }

export type Namespace = Brand<string, 'Namespace'>
export type PropletId = Brand<string, 'PropletId'>
export type UserId = Brand<string, 'UserId'>
export type FunctionName = Brand<string, 'FunctionName'>
export type TaskId = Brand<string, 'TaskId'>
export type JobId = Brand<string, 'JobId'>
export type DeploymentId = Brand<string, 'DeploymentId'>
/** SHA-256 of bytes in 64 lower-case hex digits. */
export type Digest = Brand<string, 'Digest'>

/**
 * A name that is safe as a topic level, a file name and a URL segment alike. [P-2.2]
 * 48 is what leaves room for 512 bytes of arguments in a 1 KiB packet.
 */
export const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9._-]{0,46}[a-z0-9])?$/
export const NAME_RULE = '1 to 48 of a-z 0-9 . _ -, with a letter or digit at both ends'
const ID_PATTERN = /^[tjd][0-9a-z]{20}$/
const DIGEST_PATTERN = /^[0-9a-f]{64}$/

const named =
  <T extends string>(what: string) =>
  (value: unknown): T => {
    if (typeof value !== 'string' || !NAME_PATTERN.test(value)) throw invalid(what, value, NAME_RULE)
    return value as T
  }
const numbered =
  <T extends string>(what: string, prefix: string) =>
  (value: unknown): T => {
    if (typeof value !== 'string' || !ID_PATTERN.test(value) || !value.startsWith(prefix))
      throw invalid(what, value, `${prefix} and 20 of 0-9 a-z`)
    return value as T
  }

export const namespace = named<Namespace>('namespace')
export const propletId = named<PropletId>('proplet')
export const userId = named<UserId>('user')
export const functionName = named<FunctionName>('function')
export const taskId = numbered<TaskId>('task', 't')
export const jobId = numbered<JobId>('job', 'j')
export const deploymentId = numbered<DeploymentId>('deployment', 'd')

export function digest(value: unknown): Digest {
  if (typeof value !== 'string' || !DIGEST_PATTERN.test(value))
    throw invalid('digest', value, '64 lower-case hex digits')
  return value as Digest
}

export const digestOf = (bytes: Uint8Array): Digest => createHash('sha256').update(bytes).digest('hex') as Digest
export const digestToBytes = (value: Digest): Uint8Array => Buffer.from(value, 'hex')
export const digestFromBytes = (bytes: Uint8Array): Digest => digest(Buffer.from(bytes).toString('hex'))

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const TIME_DIGITS = 10
const RANDOM_DIGITS = 10

/** A new id that sorts by creation: 50 bits of time in ms, 50 random bits, in base 32. */
function newId(prefix: string, nowMs: number): string {
  let time = ''
  for (let rest = nowMs, i = 0; i < TIME_DIGITS; i++, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time
  let random = ''
  for (const byte of randomBytes(RANDOM_DIGITS)) random += ALPHABET[byte & 31]
  return prefix + time + random
}

export const newTaskId = (nowMs: number): TaskId => newId('t', nowMs) as TaskId
export const newJobId = (nowMs: number): JobId => newId('j', nowMs) as JobId
export const newDeploymentId = (nowMs: number): DeploymentId => newId('d', nowMs) as DeploymentId
