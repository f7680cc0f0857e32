import {
  type Answer,
  MAX_SEGMENTS,
  MAX_TRANSFER_BYTES,
  type Operation,
  pinEvents,
  type Segment,
} from '../../shared/bus.ts'
import type { Access, Grant } from '../../shared/capabilities.ts'
import { SamaraError } from '../../shared/errors.ts'
import type { DeviceSpec, GpioSpec, I2cSpec } from './profile.ts'

/**
 * What a grant allows, as a function of one operation. Compiled once per session and asked before every operation, on
 * the I/O worker: the guest's side may be wrong, this is what counts. [P-10.3]
 */
export type GrantCheck = (operation: Operation, nowMs: number) => Answer | undefined

type Rule = (operation: Operation) => Answer | undefined

/** Bytes of a write that chooses a register. */
const REGISTER_BYTES = 2
const MAX_ADDRESS = 0x3ff
const SETUP_BYTES = 8
const IN = 0x80

/** Throws PERMISSION_DENIED where the profile does not have what the grant gives. */
export function checkGrant(grant: Grant, spec: DeviceSpec): void {
  const refuse = (why: string): never => {
    throw new SamaraError('PERMISSION_DENIED', `device ${grant.device}: ${why}`, { field: grant.device })
  }
  if (grant.kind !== spec.kind) refuse(`granted as ${grant.kind}, it is ${spec.kind}`)
  if (spec.kind === 'gpio' && spec.direction === 'input' && grant.access !== 'read')
    refuse(`granted for ${grant.access}, it is an input`)
  if (spec.kind !== 'i2c') return
  const foreign = grant.addresses?.filter((address) => !spec.addresses.includes(address)) ?? []
  if (foreign.length > 0) refuse(`${foreign.map(hex).join(', ')} granted, it has ${spec.addresses.map(hex).join(', ')}`)
}

export function compileGrant(grant: Grant, spec: DeviceSpec): GrantCheck {
  const rule = ruleOf(grant, spec)
  const mayPass = rateLimit(grant.perSecond)
  return (operation, nowMs) => {
    if (operation.op === 'delay') return delayRule(operation)
    return rule(operation) ?? (mayPass(nowMs) ? undefined : refused(`more than ${grant.perSecond} operations a second`))
  }
}

/** Longest read or write of one operation. */
export const maxBytesOf = (grant: Grant, spec: { readonly maxBytes: number }): number =>
  Math.min(grant.maxBytes ?? spec.maxBytes, spec.maxBytes)

function ruleOf(grant: Grant, spec: DeviceSpec): Rule {
  const { access } = grant
  const maxBytes = maxBytesOf(grant, spec)
  switch (spec.kind) {
    case 'i2c':
      return i2cRule(grant, spec, maxBytes)
    case 'spi':
      return spiRule(access, maxBytes)
    case 'gpio':
      return gpioRule(access, spec)
    case 'usb':
      return usbRule(access, maxBytes)
  }
}

const refused = (detail: string): Answer => ({ error: 'not-granted', detail })
const invalid = (detail: string): Answer => ({ error: 'invalid', detail })

const reads = (access: Access): boolean => access !== 'write'
const writes = (access: Access): boolean => access !== 'read'
const NO_READ = refused('reading is not granted')
const NO_WRITE = refused('writing is not granted')
const hex = (value: number): string => `0x${value.toString(16)}`

function i2cRule(grant: Grant, spec: I2cSpec, maxBytes: number): Rule {
  const addresses = new Set(grant.addresses ?? spec.addresses)
  const { access } = grant
  return ({ op, target, segments }) => {
    if (op !== 'transfer' || target === undefined || !segments) return invalid(`${op} is nothing for i2c`)
    if (target > MAX_ADDRESS) return invalid(`address ${hex(target)} has more than 10 bits`)
    if (!addresses.has(target)) return refused(`address ${hex(target)} is not granted`)
    return sizes(segments, maxBytes) ?? i2cDirections(segments, access)
  }
}

function i2cDirections(segments: readonly Segment[], access: Access): Answer | undefined {
  for (let index = 0; index < segments.length; index++) {
    const segment = segments[index]
    if (segment?.kind === 'read') {
      if (segment.length === 0) return invalid('a read of no bytes')
      if (!reads(access)) return NO_READ
    } else if (segment?.kind !== 'write') return invalid(`${segment?.kind} is nothing for i2c`)
    else if (!writes(access) && !choosesRegister(segment.bytes, segments[index + 1])) return NO_WRITE
  }
  return undefined
}

const choosesRegister = (bytes: Uint8Array, next: Segment | undefined): boolean =>
  bytes.length <= REGISTER_BYTES && next?.kind === 'read'

function spiRule(access: Access, maxBytes: number): Rule {
  return ({ op, segments }) => {
    if (op !== 'transfer' || !segments) return invalid(`${op} is nothing for spi`)
    const tooLong = sizes(segments, maxBytes)
    if (tooLong) return tooLong
    for (const { kind } of segments) {
      if ((kind === 'read' || kind === 'transfer') && !reads(access)) return NO_READ
      if ((kind === 'write' || kind === 'transfer') && !writes(access)) return NO_WRITE
    }
    return undefined
  }
}

function gpioRule(access: Access, spec: GpioSpec): Rule {
  return ({ op, level, target = 0 }) => {
    if (op === 'get') return reads(access) ? undefined : NO_READ
    if (op === 'wait') {
      if (target >= pinEvents.length) return invalid(`event ${target} does not exist`)
      return reads(access) ? undefined : NO_READ
    }
    if (op !== 'set' || level === undefined) return invalid(`${op} is nothing for gpio`)
    if (spec.direction === 'input') return invalid('it is an input')
    return writes(access) ? undefined : NO_WRITE
  }
}

function usbRule(access: Access, maxBytes: number): Rule {
  return ({ op, target = 0, segments = [] }) => {
    switch (op) {
      case 'describe':
      case 'claim':
      case 'release':
      case 'alternate':
        return undefined
      case 'control':
        return sizes(segments, maxBytes) ?? controlRule(segments, access)
      case 'bulk':
      case 'interrupt':
        return sizes(segments, maxBytes) ?? endpointRule(target, segments, access)
      case 'clear-halt':
        return directed((target & IN) !== 0, access)
      case 'configure':
      case 'reset':
        return writes(access) ? undefined : NO_WRITE
      default:
        return invalid(`${op} is nothing for usb`)
    }
  }
}

const directed = (inward: boolean, access: Access): Answer | undefined => {
  if (inward) return reads(access) ? undefined : NO_READ
  return writes(access) ? undefined : NO_WRITE
}

function controlRule(segments: readonly Segment[], access: Access): Answer | undefined {
  const [setup, data, ...more] = segments
  if (setup?.kind !== 'write' || setup.bytes.length !== SETUP_BYTES || more.length > 0)
    return invalid('a control transfer is a setup packet of 8 bytes and at most one read or write')
  const inward = ((setup.bytes[0] ?? 0) & IN) !== 0
  if (data && data.kind !== (inward ? 'read' : 'write')) return invalid('the setup packet names the other direction')
  return directed(inward, access)
}

function endpointRule(endpoint: number, segments: readonly Segment[], access: Access): Answer | undefined {
  const inward = (endpoint & IN) !== 0
  const [segment, ...more] = segments
  if (segment?.kind !== (inward ? 'read' : 'write') || more.length > 0)
    return invalid(`endpoint ${hex(endpoint)} takes one ${inward ? 'read' : 'write'}`)
  return directed(inward, access)
}

function delayRule({ segments }: Operation): Answer | undefined {
  return segments?.length === 1 && segments[0]?.kind === 'delay' ? undefined : invalid('one delay is expected')
}

function sizes(segments: readonly Segment[], maxBytes: number): Answer | undefined {
  if (segments.length > MAX_SEGMENTS) return invalid(`${segments.length} segments, at most ${MAX_SEGMENTS} are taken`)
  let total = 0
  for (const segment of segments) {
    if (segment.kind === 'delay') continue
    const size = 'bytes' in segment ? segment.bytes.length : segment.length
    if (size > maxBytes) return refused(`${segment.kind} of ${size} bytes, at most ${maxBytes} are granted`)
    total += size
  }
  if (total <= MAX_TRANSFER_BYTES) return undefined
  return refused(`${total} bytes in one operation, at most ${MAX_TRANSFER_BYTES} are granted`)
}

/** A bucket that a second fills: bursts are as long as a second's worth, never longer. */
function rateLimit(perSecond: number | undefined): (nowMs: number) => boolean {
  if (perSecond === undefined) return () => true
  let tokens = perSecond
  let filledMs: number | undefined
  return (nowMs) => {
    tokens = Math.min(perSecond, tokens + ((nowMs - (filledMs ?? nowMs)) * perSecond) / 1000)
    filledMs = nowMs
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}
