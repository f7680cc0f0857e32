import type { DeviceReport, Grant } from './capabilities.ts'

/** What is known of a device beside its name. */
type Known = Pick<DeviceReport, 'name' | 'chip'>

/**
 * Grants in the words of those who run the machine: `writes to relay motor-1; reads line1-temp at most 10 times a second`.
 * What moves something comes first. `devices` say what kind of chip a name is, where that is known.
 */
export function grantWords(grants: readonly Grant[], devices: readonly Known[] = []): string {
  if (grants.length === 0) return 'touches no device'
  const [writing, reading] = [grants.filter(mayWrite), grants.filter((grant) => !mayWrite(grant))]
  return [...writing, ...reading].map((grant) => oneGrant(grant, devices)).join('; ')
}

/** Whether something may be moved, set or overwritten with it. */
export const mayWrite = ({ access }: Pick<Grant, 'access'>): boolean => access !== 'read'

const VERBS = { read: 'reads', write: 'writes to', 'read-write': 'reads and writes' } as const

function oneGrant(grant: Grant, devices: readonly Known[]): string {
  const chip = devices.find(({ name }) => name === grant.device)?.chip
  const what = chip ? `${chip} ${grant.device}` : grant.device
  return [`${VERBS[grant.access]} ${what}`, ...limits(grant)].join(' ')
}

function limits({ addresses = [], perSecond, maxBytes }: Grant): string[] {
  const hex = addresses.map((address) => `0x${address.toString(16).padStart(2, '0')}`)
  return [
    ...(hex.length > 0 ? [`at ${hex.length > 1 ? 'addresses' : 'address'} ${hex.join(', ')}`] : []),
    ...(perSecond === undefined ? [] : [`at most ${perSecond === 1 ? 'once' : `${perSecond} times`} a second`]),
    ...(maxBytes === undefined ? [] : [`at most ${maxBytes} ${maxBytes === 1 ? 'byte' : 'bytes'} at a time`]),
  ]
}
