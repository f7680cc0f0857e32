import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadProfile } from '../../../proplet/hal/load-profile.ts'
import { reportsOf } from '../../../proplet/hal/places.ts'
import { parseProfile } from '../../../proplet/hal/profile-file.ts'
import { tempDir } from '../../support/proplet.ts'

const FILE = `
buses:
  i2c-1: /dev/i2c-1
  pins: /dev/gpiochip0
devices:
  line1-temp: { i2c: i2c-1, address: 0x76, chip: bme280 }
  sensors: { i2c: /dev/i2c-1, addresses: [0x48, 0x76], maxBytes: 16 }
  motor-1: { gpio: pins, line: 5, direction: output, safe: low, activeLow: true }
  estop: { gpio: /dev/gpiochip1, line: ESTOP, direction: input, pull: up, debounceMs: 5 }
  vib-1: { spi: /dev/spidev0.0, mode: 3, hz: 1000000 }
  loop: { usb: { vendor: 0x1209, product: 0x0001 } }
`
const profile = parseProfile(parse(FILE))

describe('a profile', () => {
  test('names devices with their buses, and fills in what is left out', () => {
    expect(profile.map(({ name }) => name)).toEqual(['line1-temp', 'sensors', 'motor-1', 'estop', 'vib-1', 'loop'])
    expect(profile[0]).toEqual({
      name: 'line1-temp',
      kind: 'i2c',
      controller: { driver: 'linux', path: '/dev/i2c-1' },
      addresses: [0x76],
      tenBit: false,
      chip: 'bme280',
      maxBytes: 4096,
      timeoutMs: 1000,
    })
    expect(profile[2]).toMatchObject({ kind: 'gpio', line: 5, safe: 'low', activeLow: true, debounceUs: 0 })
    expect(profile[3]).toMatchObject({ line: 'ESTOP', direction: 'input', pull: 'up', debounceUs: 5000, safe: 'hold' })
    expect(profile[4]).toMatchObject({ kind: 'spi', mode: 3, hz: 1_000_000, bitsPerWord: 8, csHigh: false })
    expect(profile[5]).toMatchObject({ kind: 'usb', controller: { path: 'usb' }, vendor: 0x1209, product: 1 })
  })

  test('is reported without its wiring, but so that two names of one thing are seen [P-10.1]', () => {
    const reports = reportsOf(profile)
    expect(reports[0]).toEqual({
      name: 'line1-temp',
      kind: 'i2c',
      places: ['/dev/i2c-1@0x76'],
      simulated: false,
      addresses: [0x76],
      chip: 'bme280',
    })
    expect(reports.slice(1).map(({ places }) => places)).toEqual([
      ['/dev/i2c-1@0x48', '/dev/i2c-1@0x76'],
      ['/dev/gpiochip0#5'],
      ['/dev/gpiochip1#ESTOP'],
      ['/dev/spidev0.0'],
      ['usb:1209:0001'],
    ])
  })

  test.each([
    ['devices: { Motor: { gpio: p, line: 1, direction: input } }', /devices: "Motor" is not/],
    ['devices: { m: { line: 1 } }', /devices\.m: .* is not a device with one of the keys i2c, spi, gpio, usb/],
    ['devices: { m: { gpio: p, i2c: b } }', /devices\.m: .* one of the keys/],
    ['devices: { m: { gpio: p, line: 1 } }', /devices\.m\.direction: is missing/],
    [
      'devices: { m: { gpio: p, line: 1, direction: out } }',
      /devices\.m\.direction: "out" is not one of input, output, both/,
    ],
    ['devices: { m: { gpio: p, line: -1, direction: input } }', /devices\.m\.line: -1 is not a line's number/],
    [
      'devices: { m: { gpio: p, line: 1, direction: input, safe: low } }',
      /devices\.m\.safe: an input has no safe state/,
    ],
    ['devices: { m: { gpio: p, line: 1, direction: input, colour: 1 } }', /devices\.m\.colour: no such key/],
    ['devices: { t: { i2c: b } }', /devices\.t: one of address and addresses/],
    ['devices: { t: { i2c: b, address: 0x400 } }', /devices\.t\.address: 1024 is not an address from 0 to 0x3ff/],
    ['devices: { t: { i2c: b, addresses: [] } }', /devices\.t\.addresses: \[\] is not at least one address/],
    ['devices: { v: { spi: s, mode: 4 } }', /devices\.v\.mode: 4 is not one of 0, 1, 2, 3/],
    ['devices: { u: { usb: { vendor: 1 } } }', /devices\.u\.usb\.product: is missing/],
    ['devices: { a: { spi: s }, b: { i2c: s, address: 1 } }', /s is spi for a and i2c for b/],
    [
      'devices: { a: { gpio: p, line: 3, direction: input }, b: { gpio: p, line: ESTOP, direction: input } }',
      /devices\.b\.line: "ESTOP" is not a number as that of a is: lines of one chip, p, are all named or all numbered/,
    ],
    [
      'buses: { x: p }\ndevices: { a: { gpio: p, line: A, direction: input }, b: { gpio: x, line: 3, direction: output } }',
      /devices\.b\.line: 3 is not a name as that of a is/,
    ],
    ['buses: { b: 5 }\ndevices: {}', /profile: buses\.b: 5 is not a path/],
    ['{}', /profile: devices: is missing/],
    ['', /profile/],
  ])('%s is refused with key, value and what is expected', (text, expected) => {
    const error = (() => {
      try {
        return parseProfile(parse(text))
      } catch (thrown) {
        return thrown as { code: string; message: string }
      }
    })()
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(expected) })
  })

  test('takes at most 64 devices', () => {
    const devices = Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`d${at}`, { spi: `/dev/s${at}` }]))
    expect(() => parseProfile({ devices })).toThrow('65 devices, at most 64 are taken')
  })
})

describe('loading a profile', () => {
  const source = { propletId: 'p-1', profile: undefined, lab: undefined }
  const readFile = (path: string) => readFileSync(path)

  test('without file and lab finds no devices', async () => {
    expect(await loadProfile(source, readFile)).toEqual({ profile: [], virtualTime: false })
  })

  test('sees that one chip has named and numbered lines, whatever links lead to it', async () => {
    const dir = await tempDir()
    writeFileSync(join(dir, 'chip'), '')
    symlinkSync(join(dir, 'chip'), join(dir, 'pins'))
    const line = (gpio: string, at: number | string) => ({ gpio: join(dir, gpio), line: at, direction: 'input' })
    writeFileSync(join(dir, 'p.yaml'), JSON.stringify({ devices: { a: line('chip', 3), b: line('pins', 'ESTOP') } }))
    await expect(loadProfile({ ...source, profile: join(dir, 'p.yaml') }, readFile)).rejects.toThrow(
      `devices.b.line: "ESTOP" is not a number as that of a is: lines of one chip, ${join(dir, 'chip')}`,
    )
  })

  test('sees that two links are one controller', async () => {
    const dir = await tempDir()
    writeFileSync(join(dir, 'i2c-1'), '')
    symlinkSync(join(dir, 'i2c-1'), join(dir, 'sensors'))
    const devices = { a: { i2c: join(dir, 'i2c-1'), address: 1 }, b: { i2c: join(dir, 'sensors'), address: 1 } }
    writeFileSync(join(dir, 'p.yaml'), JSON.stringify({ devices }))
    const { profile: loaded } = await loadProfile({ ...source, profile: join(dir, 'p.yaml') }, readFile)
    const [a, b] = reportsOf(loaded)
    expect(a?.places).toEqual(b?.places)
  })

  test.each([
    ['is not there', '/nowhere/p.yaml', /nowhere.*ENOENT/],
    ['is no YAML', 'bad.yaml', /bad\.yaml/],
    ['is wrong', 'wrong.yaml', /wrong\.yaml: profile: devices\.a\.mode: 9 is not/],
  ])('names the file that %s', async (_, name, expected) => {
    const dir = await tempDir()
    writeFileSync(join(dir, 'bad.yaml'), 'devices: [')
    writeFileSync(join(dir, 'wrong.yaml'), 'devices: { a: { spi: s, mode: 9 } }')
    const path = name.startsWith('/') ? name : join(dir, name)
    await expect(loadProfile({ ...source, profile: path }, readFile)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(expected),
    })
  })

  test('takes a file or a lab, not both', async () => {
    await expect(loadProfile({ ...source, profile: 'a', lab: 'b' }, readFile)).rejects.toThrow(/only one of them/)
  })
})
