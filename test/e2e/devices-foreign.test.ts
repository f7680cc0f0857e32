import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { grant, openCell, throughGuest } from '../support/cell.ts'

/**
 * A chip and a guest by somebody else: the chip as the guide shows it, in a folder of its own, and guests made by stock
 * wit-bindgen against the files of shared/wit.
 */

const guide = readFileSync(new URL('../../proplet/lab/README.md', import.meta.url), 'utf8')
const block = (language: string): string => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(guide)?.[1] ?? ''
const oven = grant('oven', 'i2c', 'read-write')

const openTrial = () => openCell({ lab: block('yaml'), files: { 'thermo.ts': block('ts') } })

describe('the chip of the guide', () => {
  test.each(['i2c-scan/i2c-scan.wasm', 'i2c-scan/i2c-scan.component.wasm'])('is found by %s', async (file) => {
    const cell = await openTrial()
    await cell.upload('i2c-scan', file, [oven])
    await cell.proplet('bench')
    const found = await cell.run({ function: 'i2c-scan', export: 'scan', args: [{ device: 'oven' }, [0x4c]] })
    expect(found).toMatchObject({ state: 'completed', value: { ok: [0x4c] } })
  })

  test('gives a function its temperature, and follows what is set', async () => {
    const cell = await openTrial()
    await cell.upload('through', throughGuest(), [oven])
    await cell.proplet('bench')
    const temperature = async () => {
      const { value } = await cell.run({ function: 'through', export: 'i2c-read', args: ['oven', 0x4c, 2] })
      return Buffer.from(value.ok.base64, 'base64').readInt16BE() / 256
    }
    expect(await temperature()).toBe(80.5)
    cell.lab.part('oven').set('temperature', -10.25)
    cell.lab.time.advance(20_000_000n)
    expect(await temperature()).toBe(-10.25)
    expect(cell.lab.part('oven').get('reads')).toBe(2)
  })
})
