import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { openLab } from '../../proplet/lab/lab.ts'
import { realClock } from '../../shared/clock.ts'
import { quiet } from '../support/quiet.ts'
import { createModel, Wires } from '../support/renode/models.ts'
import { type Entry, pathsOf, readPlatform, UPSTREAM } from '../support/renode/platform.ts'
import { tokenize } from '../support/renode/tokens.ts'

/** What can be known of the files for Renode without one: that they name only what there is, in all three of them. */

const folder = resolve(import.meta.dirname, '../../firmware/renode')
const read = (file: string) => readFileSync(join(folder, file), 'utf8')
const { uses, entries } = readPlatform(read('nucleo_h753zi.repl'))
const upstream = readPlatform(UPSTREAM).entries
const paths = pathsOf([...upstream, ...entries])
const overlay = join(folder, '../boards/nucleo_h753zi.overlay')
const lab = parse(read('nucleo_h753zi.lab.yaml'))
const board = lab.boards['mcu-1']

describe('the platform', () => {
  test("adds to Renode's own board, and to what is there", () => {
    expect(uses).toEqual(['platforms/boards/nucleo_h753zi.repl'])
    const names = new Set([...upstream, ...entries].map(({ name }) => name))
    for (const { name, parent } of entries) expect(['sysbus', ...names], `${name} @ ${parent}`).toContain(parent)
    for (const { wires } of entries) for (const { to } of wires) expect([...names]).toContain(to)
  })

  test.skipIf(!existsSync(overlay))('has the chips of the board overlay at the same addresses', () => {
    const text = readFileSync(overlay, 'utf8')
    const i2c = [...text.matchAll(/bus = <&(\w+)>;\s*addresses = <(0x[\da-f]+)>/g)]
    const ours = entries.filter(({ parent }) => parent === 'i2c1').map(({ parent, address }) => `${parent} ${address}`)
    expect(i2c.map(([, bus, address]) => `${bus} ${Number(address)}`).sort()).toEqual(ours.sort())
    // LEDs and the button are the board's own: port B, line 0 is `&gpiob 0`.
    for (const name of ['GreenLED', 'YellowLED', 'UserButton1']) {
      const { parent = '', address } = upstream.find((one) => one.name === name) as Entry
      expect(text).toMatch(new RegExp(`<&gpio${parent.slice(-1).toLowerCase()} ${address} GPIO_ACTIVE_HIGH>`))
    }
  })

  test('every model is one that we know the properties of', () => {
    for (const entry of entries) expect(createModel(entry, new Wires()), entry.type).toBeDefined()
  })

  test('what it does not say is refused by its line', () => {
    expect(() => readPlatform('bme280: I2C.BME280 @ i2c1 0x76\n    ~ nonsense')).toThrow('line 2: ~ nonsense')
    expect(() => readPlatform('a: B.C @ ???')).toThrow('line 1')
  })
})

describe('the lab file', () => {
  test('is one: its board is in Renode, and starts with the lab', async () => {
    const file = join(folder, 'nucleo_h753zi.lab.yaml')
    const { boards } = await openLab(file, { clock: realClock, log: quiet })
    expect(boards.list()).toEqual([{ name: 'mcu-1', kind: 'renode', state: 'stopped', proplet: 'mcu-1' }])
    expect([...boards.parts.keys()]).toEqual(['line1-temp', 'cabinet-temp', 'estop', 'lamp', 'motor-1'])
  })

  test('names models that the platform has, with their properties and methods', async () => {
    const { boards } = await openLab(join(folder, 'nucleo_h753zi.lab.yaml'), { clock: realClock, log: quiet })
    for (const { name, at, chip, properties } of boards.parts.values()) {
      const entry = paths.get(at)
      expect(entry, `${name}: ${at}`).toBeDefined()
      const model = createModel(entry as Entry, new Wires())
      for (const { as } of Object.values(properties)) expect(Object.keys(model?.properties ?? {}), name).toContain(as)
      if (chip === 'button') expect(Object.keys(model?.methods ?? {}).sort()).toEqual(['Press', 'Release'])
    }
  })
})

describe('the script', () => {
  const lines = read('nucleo_h753zi.resc').split('\n')

  test('is made of words that the monitor has', () => {
    const words = lines.filter((line) => line !== '"""').map((line) => line.replace('$ORIGIN/', '@/'))
    for (const line of words) expect(tokenize(line).stuckAt, line).toBeUndefined()
  })

  test('loads files that are there, and connects what the platform has', () => {
    const text = lines.join('\n')
    expect(existsSync(join(folder, board.script))).toBe(true)
    for (const [, file = ''] of text.matchAll(/\$ORIGIN\/(\S+)/g))
      expect(existsSync(join(folder, file)), file).toBe(true)
    const made = [...text.matchAll(/Create\w+ (?:\S+ )?"(\w+)"(?: "(\w+)")?/g)].map(([, one, two]) => two ?? one)
    for (const [, from = '', to = ''] of text.matchAll(/^connector Connect (\S+) (\S+)$/gm))
      for (const name of [from, to])
        expect([...paths.keys(), ...made, ...made.map((one) => `host.${one}`)], name).toContain(name)
  })

  test('asks a lab for the variables that a lab gives', () => {
    const asked = lines.flatMap((line) => /^\$(\w+)\?=/.exec(line)?.[1] ?? [])
    const backend = readFileSync(new URL('../../proplet/lab/boards/renode.ts', import.meta.url), 'utf8')
    const given = [...backend.matchAll(/run\(`\$(\w+)=/g)].map(([, name]) => name)
    expect(asked.sort()).toEqual(given.sort())
  })
})

/** Its folder holds the platforms that ours are made of. */
const installed = ['/opt/renode', '/usr/lib/renode', process.env.RENODE_ROOT ?? '']
  .map((root) => join(root, 'platforms/boards/nucleo_h753zi.repl'))
  .find(existsSync)
if (!installed) console.warn("skipped: Renode's own platform for nucleo_h753zi, which no Renode is here to show")

test.skipIf(!installed)("what we say of Renode's own platform is what it says", () => {
  const root = resolve(dirname(installed as string), '../..')
  const all = ['boards/nucleo_h753zi.repl', 'cpus/stm32h753.repl', 'cpus/stm32h743.repl', 'cpus/stm32h7.repl']
  const text = all.map((file) => readFileSync(join(root, 'platforms', file), 'utf8')).join('\n')
  for (const { name, type, parent, address } of upstream.filter((one) => one.type !== undefined)) {
    expect(text, name).toMatch(new RegExp(`^${name}: ${type?.replace('.', '\\.')} @`, 'm'))
    if (parent === 'sysbus') expect(text.toLowerCase()).toContain(`0x${address?.toString(16)}`)
  }
  expect(text).not.toMatch(/^spi1:/m)
})
