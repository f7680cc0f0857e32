import { describe, expect, test } from 'vitest'
import { openLab } from '../../../proplet/lab/lab.ts'
import { realClock } from '../../../shared/clock.ts'
import { quiet } from '../../support/quiet.ts'
import { BENCH, HERE, labOf } from './support.ts'

const cell = new URL('../../../examples/lab/cell.lab.yaml', import.meta.url).pathname
const open = (file: string) => openLab(file, { clock: realClock, log: quiet })

const BASE = `
name: cell
buses: { i2c-0: { kind: i2c }, gpio-0: { kind: gpio, lines: 4 }, spi-0: { kind: spi } }
`
const withParts = (parts: string) => `${BASE}parts: { ${parts} }`
const withDevice = (device: string) =>
  `${withParts('t: { chip: lm75, bus: i2c-0, address: 0x48 }, w: { chip: ./parts/switch.ts, bus: gpio-0, line: 1 }')}
proplets: { '*': { d: { ${device} } } }`

describe('the lab file of the factory cell', () => {
  test('has its sensor, relay, lamp, button, vibration, recipes and loop', async () => {
    const lab = await open(cell)
    expect([...lab.parts.keys()].sort()).toEqual([
      'estop',
      'lamp',
      'line1-temp',
      'loop',
      'motor-1',
      'recipe-store',
      'vib-1',
    ])
    for (const device of lab.profile('any-proplet')) lab.open(device).close()
    expect(lab.profile('any-proplet').map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'line1-temp i2c',
      'recipe-store i2c',
      'vib-1 spi',
      'motor-1 gpio',
      'lamp gpio',
      'estop gpio',
      'loop usb',
    ])
  })

  test('gives the motor a safe state, and the button the sense of its wire', async () => {
    const lab = await open(cell)
    const named = (name: string) => lab.profile('edge-1').find((device) => device.name === name)
    expect(named('motor-1')).toMatchObject({ line: 17, direction: 'output', safe: 'low', chip: 'relay' })
    expect(named('estop')).toMatchObject({ line: 4, direction: 'input', activeLow: true, pull: 'up' })
  })
})

describe('what a proplet sees', () => {
  const YAML = `${BENCH}
proplets:
  '*': { temp: { part: chip }, lamp: { bus: gpio-0, line: 3, direction: output } }
  edge-1: { lamp: { part: in-1, direction: output, activeLow: true }, loop: { part: stick, serial: SN-7 } }
`
  test('are its own devices, and those of * that have other names', async () => {
    const lab = await labOf(YAML)
    expect(lab.profile('edge-2').map(({ name, line }) => [name, line])).toEqual([
      ['temp', undefined],
      ['lamp', 3],
    ])
    expect(lab.profile('edge-1').map(({ name, line }) => [name, line])).toEqual([
      ['lamp', 1],
      ['loop', undefined],
      ['temp', undefined],
    ])
  })

  test('a device that names a part is where the part is', async () => {
    const [lamp, loop, temp] = (await labOf(YAML)).profile('edge-1')
    expect(temp).toMatchObject({ kind: 'i2c', bus: 'i2c-0', addresses: [0x40], chip: 'notebook' })
    expect(loop).toMatchObject({ kind: 'usb', bus: 'usb-0', vendor: 0xcafe, product: 0x4002, serial: 'SN-7' })
    expect(lamp).toMatchObject({ activeLow: true, safe: 'low', debounceUs: 0 })
  })

  test('a part may be on several wires', async () => {
    const lab = await labOf(
      withParts('v: { chip: ./parts/notebook.ts, bus: i2c-0, address: 0x19, also: [{ bus: spi-0, select: 2 }] }'),
    )
    expect(lab.parts.get('v')?.places).toHaveLength(2)
  })
})

describe('errors of a lab file name the file, the key, the value and what was expected', () => {
  test.each([
    ['- 1', /the file: \[1\] is not an object/],
    ['a: [', /is not YAML: /],
    ['name: cell', /buses: is missing/],
    [`${BASE}colour: red`, /colour: no such key/],
    ['name: A b\nbuses: {}', /name: "A b" is not 1 to 48 of a-z/],
    [`${BASE}time: slow`, /time: "slow" is not one of real, virtual/],
    ['name: c\nbuses: { x: { kind: can } }', /buses\.x\.kind: "can" is not one of i2c, spi, gpio, usb/],
    ['name: c\nbuses: { x: { kind: i2c, hz: fast } }', /buses\.x\.hz: "fast" is not an integer from 1 to/],
    [withParts('i2c-0: { chip: led, bus: gpio-0, line: 1 }'), /parts\.i2c-0: a bus has this name too/],
    [withParts('x: { chip: nonsense, bus: i2c-0 }'), /parts\.x\.chip: "nonsense" is no chip; known are .*bme280.*led/],
    [withParts('x: { chip: ../../../etc/passwd, bus: i2c-0 }'), /parts\.x\.chip: .*passwd cannot be loaded/],
    [withParts('x: { chip: ./support.ts, bus: i2c-0 }'), /parts\.x\.chip: the file has no default export, definePart/],
    [
      withParts('x: { chip: lm75, bus: nowhere, address: 1 }'),
      /parts\.x\.bus: "nowhere" is not one of i2c-0, gpio-0, spi-0/,
    ],
    [withParts('x: { chip: lm75, address: 1 }'), /parts\.x\.bus: is missing/],
    [withParts('x: { chip: lm75, bus: i2c-0 }'), /parts\.x\.address: is missing/],
    [
      withParts('x: { chip: bme280, bus: gpio-0, line: 1 }'),
      /parts\.x\.bus: bme280 is no gpio part, and gpio-0 is of gpio/,
    ],
    [
      withParts('x: { chip: lm75, bus: i2c-0, address: 0x400 }'),
      /parts\.x\.address: 1024 is not an integer from 0 to 1023/,
    ],
    [withParts('x: { chip: led, bus: gpio-0, line: 9 }'), /parts\.x\.line: 9 is not a line of gpio-0, 0 to 3/],
    [
      withParts('x: { chip: lm75, bus: i2c-0, address: 8 }, y: { chip: lm75, bus: i2c-0, address: 8 }'),
      /parts\.y: y: x is at 0x08 of i2c-0/,
    ],
    [
      withParts('x: { chip: lm75, bus: i2c-0, address: 8, set: { mood: 1 } }'),
      /parts\.x: .*has no property mood; it has temperature/,
    ],
    [
      withParts('x: { chip: lm75, bus: i2c-0, address: 8, set: { temperature: hot } }'),
      /x\.temperature: "hot" is not a number/,
    ],
    [withParts('x: { chip: lm75, bus: i2c-0, address: 8, options: { mood: 1 } }'), /x: option "mood" does not exist/],
    [withDevice('part: nobody'), /proplets\.\*\.d\.part: "nobody" is not one of t, w/],
    [withDevice('bus: i2c-0'), /proplets\.\*\.d\.address: is missing/],
    [withDevice('part: t, line: 4'), /proplets\.\*\.d\.line: means nothing on i2c-0, which is of i2c/],
    [withDevice('part: w'), /proplets\.\*\.d\.direction: is missing/],
    [withDevice('part: w, direction: sideways'), /d\.direction: "sideways" is not one of input, output, both/],
    [withDevice('part: w, direction: input, safe: low'), /d\.safe: an input has no safe state/],
    [withDevice('part: t, addresses: []'), /d\.addresses: \[\] is not at least one address/],
    [withDevice('part: t, maxBytes: 0'), /d\.maxBytes: 0 is not an integer from 1 to 65536/],
  ])('%j', async (yaml, message) => {
    const error: unknown = await labOf(yaml).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) })
    expect((error as Error).message).toContain(HERE)
  })

  test('a file that is not there is named', async () => {
    await expect(open('/nowhere/x.yaml')).rejects.toThrow('lab file /nowhere/x.yaml: cannot be read: ENOENT')
  })
})
