import type { DeviceReport, Grant } from '../../shared/capabilities.ts'
import type { Transcript } from '../../shared/documents/transcript.ts'

/** A small cell: a sensor, a motor's relay that has two names, a button, and a bus with two chips. */
export const sensor: DeviceReport = {
  name: 'line1-temp',
  kind: 'i2c',
  places: ['lab/i2c-1@0x76'],
  simulated: true,
  addresses: [0x76],
  chip: 'bme280',
}
export const motor: DeviceReport = {
  name: 'motor-1',
  kind: 'gpio',
  places: ['/dev/gpiochip0#17'],
  simulated: false,
  direction: 'output',
  chip: 'relay',
}
export const motorAlias: DeviceReport = { ...motor, name: 'spare-relay' }
export const button: DeviceReport = {
  name: 'emergency-stop',
  kind: 'gpio',
  places: ['/dev/gpiochip0#4'],
  simulated: false,
  direction: 'input',
}
export const bus: DeviceReport = {
  name: 'memories',
  kind: 'i2c',
  places: ['/dev/i2c-3@0x50', '/dev/i2c-3@0x51'],
  simulated: false,
  addresses: [0x50, 0x51],
}
export const cell: readonly DeviceReport[] = [sensor, motor, motorAlias, button, bus]

export const grant = (device: DeviceReport, access: Grant['access'], more: Partial<Grant> = {}): Grant => ({
  device: device.name,
  kind: device.kind,
  access,
  ...more,
})

/** The sensor's identity is read, then the relay is switched. */
export const transcript: Transcript = {
  devices: [
    { device: 'line1-temp', kind: 'i2c', chip: 'bme280' },
    { device: 'motor-1', kind: 'gpio', chip: 'relay' },
  ],
  rows: [
    {
      device: 0,
      op: 'transfer',
      target: 0x76,
      segments: [
        { kind: 'write', bytes: Uint8Array.of(0xd0) },
        { kind: 'read', length: 1 },
      ],
      data: [Uint8Array.of(0x60)],
      atUs: 12,
      tookUs: 230,
    },
    { device: 1, op: 'set', level: true, atUs: 300, tookUs: 8 },
  ],
}
