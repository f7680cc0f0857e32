import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Grant } from '../../../shared/capabilities.ts'
import { SamaraError } from '../../../shared/errors.ts'
import { addDevices, DEVICES_SECTION, devicesOf, parseDevices } from '../../../shared/wasm/devices.ts'

const core = new Uint8Array(await parse('(module (func (export "f")))'))
const component = new Uint8Array(
  await componentNew(await componentEmbed({ witSource: 'package t:t; world w { export f: func(); }', dummy: true })),
)
const temperature: Grant = {
  device: 'line1-temp',
  kind: 'i2c',
  access: 'read-write',
  addresses: [0x76],
  maxBytes: 32,
  perSecond: 10,
}
const motor: Grant = { device: 'motor-1', kind: 'gpio', access: 'write' }

/** A module with this text in its section, as a guest's own source may put it there. */
const withText = (text: string): Promise<Uint8Array> =>
  parse(`(module (func (export "f")) (@custom "${DEVICES_SECTION}" ${JSON.stringify(text)}))`)

function refusal(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof SamaraError) return `${error.code} ${error.message}`
    throw error
  }
  throw new Error('was not refused')
}

describe('the devices that a module asks for', () => {
  it.each([
    ['a core module', core],
    ['a component', component],
  ])('stand inside of it: %s', (_, bytes) => {
    const asking = addDevices(bytes, [temperature, motor])
    expect(devicesOf(asking)).toEqual([temperature, motor])
    expect(asking.subarray(0, bytes.length)).toEqual(bytes)
  })

  it('are none where it says nothing', () => {
    expect(devicesOf(core)).toBeUndefined()
    expect(devicesOf(addDevices(core, []))).toEqual([])
  })

  it('are replaced, not added to', () => {
    const twice = addDevices(addDevices(core, [temperature]), [motor])
    expect(devicesOf(twice)).toEqual([motor])
    expect(twice).toEqual(addDevices(core, [motor]))
  })

  it('leave a module that the engine takes', () => {
    const { WebAssembly } = globalThis as unknown as { WebAssembly: { validate(bytes: Uint8Array): boolean } }
    expect(WebAssembly.validate(addDevices(core, [temperature]))).toBe(true)
  })

  it('may be written by the guest itself', async () => {
    const text =
      '{"devices":{"line1-temp":{"kind":"i2c","access":"read-write","addresses":[118],"maxBytes":32,"perSecond":10}}}'
    expect(devicesOf(await withText(text))).toEqual([temperature])
  })
})

describe('devices that are wrong are refused by their key', () => {
  const asked = (row: unknown) => ({ devices: { 'line1-temp': row } })
  it.each([
    [[], /samara:devices: \[\] is not an object/],
    [{}, /samara:devices: devices: undefined is not an object/],
    [{ devices: {}, others: 1 }, /samara:devices: unknown key "others"/],
    [asked({ access: 'read' }), /samara:devices: devices.line1-temp.kind: required field is missing/],
    [asked({ kind: 'i3c', access: 'read' }), /devices.line1-temp.kind: "i3c" is not one of i2c, spi, gpio, usb/],
    [asked({ kind: 'i2c', access: 'all' }), /devices.line1-temp.access: "all" is not one of read, write, read-write/],
    [asked({ kind: 'i2c', access: 'read', speed: 1 }), /devices.line1-temp: unknown field "speed"/],
    [asked({ kind: 'i2c', access: 'read', addresses: ['0x76'] }), /devices.line1-temp.addresses\[0\]: "0x76" is not/],
    [
      asked({ kind: 'i2c', access: 'read', addresses: [1024] }),
      /devices.line1-temp.addresses: 1024 is not at most 1023/,
    ],
    [asked({ kind: 'spi', access: 'read', addresses: [1] }), /addresses: only i2c has addresses, not spi/],
    [asked({ kind: 'i2c', access: 'read', perSecond: -1 }), /devices.line1-temp.perSecond: -1 is not an integer/],
    [asked({ kind: 'i2c', access: 'read', device: 'x' }), /devices.line1-temp: unknown key "device"/],
    [{ devices: { 'Line 1': { kind: 'i2c', access: 'read' } } }, /devices.Line 1.device: "Line 1" is not/],
    [
      {
        devices: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`d${i}`, { kind: 'gpio', access: 'read' }])),
      },
      /devices: 17 of them, at most 16/,
    ],
  ])('%j', (json, expected) => {
    expect(refusal(() => parseDevices(json))).toMatch(expected)
    expect(refusal(() => parseDevices(json))).toMatch(/^INVALID_ARGUMENT/)
  })

  it('as text that is no JSON, and as two sections', async () => {
    const broken = await withText('{"devices":')
    expect(refusal(() => devicesOf(broken))).toBe('INVALID_ARGUMENT samara:devices: is not JSON in UTF-8')
    const one = await withText('{"devices":{}}')
    const both = new Uint8Array(Buffer.concat([one, (await withText('{}')).subarray(core.length)]))
    expect(refusal(() => devicesOf(both))).toBe('INVALID_ARGUMENT samara:devices: is there twice, one expected')
  })

  it('whatever is in the section', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        try {
          parseDevices(json)
        } catch (error) {
          expect(error).toBeInstanceOf(SamaraError)
        }
      }),
    )
  })
})
