import { describe, expect, test } from 'vitest'
import { readLabFile } from '../../../../proplet/lab/lab-file.ts'
import { HERE, labOf } from '../support.ts'

const board = (keys: string, more = '') => `name: l\nboards: { mcu-1: { ${keys} } }\n${more}`
const NATIVE = 'kind: native_sim, image: zephyr.exe'
const RENODE = 'kind: renode, image: zephyr.elf, script: a.resc'

describe('boards of a lab file', () => {
  test('need no buses beside them, and have names and paths where they are left out', async () => {
    const { boards } = await labOf(board(`${NATIVE}, parts: { lamp: { chip: led } }`))
    expect(boards.list()).toEqual([{ name: 'mcu-1', kind: 'native_sim', state: 'stopped', proplet: 'mcu-1' }])
    expect(boards.parts.get('lamp')).toMatchObject({ at: 'lamp', board: 'mcu-1', properties: { lit: { as: 'lit' } } })
  })

  test('have the properties of their chips, as the model calls them, and their own', async () => {
    const fan = 'chip: fan, at: sysbus.fan, properties: { speed: { as: Rpm, initial: 0, max: 3000, unit: rpm } }'
    const { boards } = await labOf(
      board(`${RENODE}, id: press-4, parts: { t: { chip: bme280, at: sysbus.i2c1.t }, f: { ${fan} } }`),
    )
    expect(boards.list()[0]).toMatchObject({ proplet: 'press-4' })
    expect(boards.parts.get('t')?.properties).toMatchObject({
      temperature: { as: 'Temperature' },
      humidity: { as: 'Humidity' },
    })
    expect(boards.parts.get('f')?.properties).toEqual({
      speed: { as: 'Rpm', doc: 'Property speed.', initial: 0, max: 3000, unit: 'rpm' },
    })
  })

  test.each([
    ['kind: simics, image: x', 'boards.mcu-1.kind: "simics" is not one of native_sim, qemu, renode'],
    ['kind: qemu', 'boards.mcu-1.image: is missing'],
    ['kind: qemu, image: 7', 'boards.mcu-1.image: 7 is not a text of at most 512'],
    ['kind: renode, image: x', 'boards.mcu-1.script: is missing'],
    [`${NATIVE}, script: x`, 'boards.mcu-1.script: means nothing to a board of kind native_sim'],
    [`${NATIVE}, program: x`, 'boards.mcu-1.program: means nothing to a board of kind native_sim'],
    [`${RENODE}, machine: x`, 'boards.mcu-1.machine: means nothing to a board of kind renode'],
    ['kind: qemu, image: x, network: none', 'boards.mcu-1.network: means nothing to a board of kind qemu'],
    [`${RENODE}, network: bridge`, 'boards.mcu-1.network: "bridge" is not one of tap, none'],
    [`${NATIVE}, colour: red`, 'boards.mcu-1.colour: no such key'],
    [`${NATIVE}, broker: http://x`, 'boards.mcu-1.broker: "http://x" is not mqtt://host:port'],
    [`${NATIVE}, start: maybe`, 'boards.mcu-1.start: "maybe" is not true or false'],
    [`${NATIVE}, args: --x`, 'boards.mcu-1.args: "--x" is not a list of texts'],
    [
      `${NATIVE}, parts: { a: { chip: gremlin } }`,
      'boards.mcu-1.parts.a.chip: "gremlin" is not one of bme280, lm74, button, led, relay',
    ],
    [`${RENODE}, parts: { a: { chip: led } }`, 'boards.mcu-1.parts.a.at: is missing'],
    [
      `${RENODE}, parts: { a: { chip: led, at: "x; quit" } }`,
      'boards.mcu-1.parts.a.at: "x; quit" is not at most 128 of A-Z',
    ],
    [
      `${NATIVE}, parts: { a: { chip: led, set: { lit: true } } }`,
      'boards.mcu-1.parts.a.set.lit: is set by the part alone',
    ],
    [
      `${NATIVE}, parts: { a: { chip: lm74, set: { heat: 1 } } }`,
      'boards.mcu-1.parts.a.set.heat: is no property of lm74',
    ],
    [
      `${NATIVE}, parts: { a: { chip: lm74, set: { temperature: 200 } } }`,
      'temperature: 200 is not a number from -55 to 150',
    ],
    [`${NATIVE}, parts: { a: { chip: fan, properties: { "9": { initial: 0 } } } }`, 'a letter and up to 47 of'],
    [
      `${NATIVE}, parts: { a: { chip: fan, properties: { x: { } } } }`,
      'boards.mcu-1.parts.a.properties.x.initial: is missing',
    ],
  ])('%s is refused by its key', async (keys, words) => {
    await expect(labOf(board(keys))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(words),
    })
  })

  test.each([
    ['a part', 'buses: { g: { kind: gpio } }\nparts: { lamp: { chip: led, bus: g, line: 1 } }'],
    ['a bus', 'buses: { lamp: { kind: gpio } }'],
  ])('share no name with %s of the lab', async (_, more) => {
    await expect(labOf(board(`${NATIVE}, parts: { lamp: { chip: led } }`, more))).rejects.toThrow(
      /boards.mcu-1.parts.lamp: a bus, part or board has this name too/,
    )
  })

  test('without boards a lab has buses', () => {
    expect(() => readLabFile('name: l', HERE)).toThrow(/buses: is missing/)
  })
})
