import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import type { DeviceSpec, Profile } from '../../proplet/hal/profile.ts'
import { parseProfile } from '../../proplet/hal/profile-file.ts'

/** The devices that a lab file gives to all proplets, as a profile of the kernel's buses with the same chips behind them. */

type Part = {
  readonly bus: string
  readonly address?: number
  readonly line?: number
  readonly select?: number
  readonly tenBit?: boolean
}
type Device = Readonly<Record<string, unknown>> & { readonly part?: string; readonly bus?: string }
type LabFile = {
  readonly parts: Readonly<Record<string, Part>>
  readonly proplets: { readonly '*': Readonly<Record<string, Device>> }
}

const OUTPUTS = /relay|lamp|motor/
const USB = { vendor: 0x1209, product: 0x0001 }

/** A copy of the lab file whose time is real: the kernel waits for nobody. */
export function realTimeLab(file: string): string {
  const copy = join(tmpdir(), 'kernel.lab.yaml')
  writeFileSync(copy, readFileSync(file, 'utf8').replace('time: virtual', 'time: real'))
  return copy
}

export function kernelProfile(file: string, gpioChip: string): { readonly yaml: string; readonly profile: Profile } {
  const { parts, proplets } = parse(readFileSync(file, 'utf8')) as LabFile
  const devices = Object.entries(proplets['*']).map(([name, device]) => [
    name,
    kernelDevice(name, device, parts, gpioChip),
  ])
  const yaml = stringify({ devices: Object.fromEntries(devices) })
  return { yaml, profile: parseProfile(parse(yaml)) }
}

function kernelDevice(name: string, device: Device, parts: LabFile['parts'], gpioChip: string) {
  const { part = '', ...more } = device
  const placed = { ...parts[part], ...more } as Part & Readonly<Record<string, unknown>>
  const { bus, address, line, select = 0, tenBit } = placed
  const kept = Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'bus'))
  if (bus.startsWith('i2c')) return { i2c: `/dev/${bus}`, ...kept, address, ...(tenBit && { tenBit }) }
  if (bus.startsWith('spi')) return { spi: `/dev/spidev${bus.slice('spi-'.length)}.${select}`, ...kept }
  if (bus.startsWith('usb')) return { usb: USB, ...kept }
  return { gpio: gpioChip, line, direction: OUTPUTS.test(name) ? 'output' : 'input', ...kept }
}

export const lineOf = (profile: Profile, name: string): number => {
  const found = profile.find((one): one is DeviceSpec & { kind: 'gpio' } => one.kind === 'gpio' && one.name === name)
  if (typeof found?.line !== 'number') throw new Error(`${name}: no line of the profile`)
  return found.line
}
