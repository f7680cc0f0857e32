import type { DeviceReport, Grant } from '../../shared/capabilities.ts'
import { mayWrite } from '../../shared/grant-words.ts'
import type { Candidate, Requirement } from './snapshot.ts'

/** What a proplet lacks of interfaces and devices, in words; undefined where it has them all. [P-10.2] */
export function lacking(need: Pick<Requirement, 'interfaces' | 'grants'>, one: Candidate): string | undefined {
  const missing = need.interfaces.find((name) => !one.interfaces.includes(name))
  if (missing !== undefined) return `does not offer ${missing}`
  for (const grant of need.grants) {
    const reason = unfit(grant, one.devices)
    if (reason !== undefined) return reason
  }
  return undefined
}

function unfit(grant: Grant, devices: readonly DeviceReport[]): string | undefined {
  const { device: name, kind } = grant
  const device = devices.find((one) => one.name === name)
  if (!device) return `has no device ${name}`
  if (device.kind !== kind) return `has ${name} as ${device.kind}, not ${kind}`
  if (device.direction === 'input' && mayWrite(grant)) return `has ${name} as an input, which nobody can write to`
  const { addresses = [] } = device
  const other = grant.addresses?.find((address) => !addresses.includes(address))
  return other === undefined ? undefined : `has ${name} without the address 0x${other.toString(16)}`
}

/** Why a trigger cannot be had on a proplet, in words; undefined where it can. [P-7.3] */
export function unwatchable({ name, device }: Required<Requirement>['trigger'], one: Candidate): string | undefined {
  if (!one.triggers.includes(name)) return `does not know the trigger ${name}`
  const direction = one.devices.find((found) => found.name === device)?.direction
  return direction === 'input' ? undefined : `has ${device} not as an input, and only the edge of an input starts a run`
}

/** Places that these grants let somebody write to on one proplet, each with the name that it is granted by. [P-10.4] */
export function writtenPlaces(
  grants: readonly Grant[],
  devices: readonly DeviceReport[],
): ReadonlyMap<string, Grant['device']> {
  const places = new Map<string, string>()
  for (const grant of grants.filter(mayWrite)) {
    const device = devices.find(({ name }) => name === grant.device)
    for (const place of device ? placesOf(grant, device) : []) places.set(place, grant.device)
  }
  return places
}

/** A bus has a place for each of its addresses, in their order; a grant may be of some of them. */
function placesOf({ addresses }: Grant, device: DeviceReport): readonly string[] {
  const own = device.addresses ?? []
  if (!addresses || own.length !== device.places.length) return device.places
  return device.places.filter((_, index) => addresses.includes(own[index] as number))
}
