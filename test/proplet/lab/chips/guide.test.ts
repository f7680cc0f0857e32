import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Lab, openLab } from '../../../../proplet/lab/lab.ts'
import { knownChips } from '../../../../proplet/lab/load-part.ts'
import { realClock } from '../../../../shared/clock.ts'
import { quiet } from '../../../support/quiet.ts'

/** The chip guide, taken at its word: what it shows is what is run. */

const guide = readFileSync(new URL('../../../../proplet/lab/README.md', import.meta.url), 'utf8')
const chips = guide.slice(guide.indexOf('## Chips'))
const block = (language: string): string => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(chips)?.[1] ?? ''

const dir = mkdtempSync(join(tmpdir(), 'samara-guide-'))
let lab: Lab

beforeAll(async () => {
  writeFileSync(join(dir, 'thermo.ts'), block('ts'))
  writeFileSync(join(dir, 'trial.lab.yaml'), block('yaml'))
  lab = await openLab(join(dir, 'trial.lab.yaml'), { clock: realClock, log: quiet })
})
afterAll(() => rmSync(dir, { recursive: true }))

function temperature(): number {
  const [device] = lab.profile('any')
  if (!device) throw new Error('the lab shows no device')
  const segments = [{ kind: 'read', length: 2 } as const]
  const answer = lab.open(device).run({ op: 'transfer', target: 0x4c, segments }, new AbortController().signal)
  if (answer instanceof Promise) throw new Error('time is virtual, so nothing waits')
  const [bytes] = answer.data ?? []
  return Buffer.from(bytes ?? []).readInt16BE() / 256
}

describe('the chip of the guide', () => {
  test('gives what the lab file set', () => {
    expect(temperature()).toBe(80.5)
    expect(lab.part('oven').get('reads')).toBe(1)
  })

  test('feels a change after its conversion', () => {
    lab.part('oven').set('temperature', -10.25)
    expect(temperature()).toBe(80.5)
    lab.time.advance(20_000_000n)
    expect(temperature()).toBe(-10.25)
  })

  test('refuses what its properties do not allow', () => {
    expect(() => lab.part('oven').set('temperature', 180.5)).toThrow('a number from -40 to 125 °C')
    expect(() => lab.part('oven').set('reads', 0)).toThrow('set by the part alone')
  })
})

test('the guide lists every chip that comes with Samara', () => {
  const [table = ''] = /\| chip \|[\s\S]*?\n\n/.exec(chips) ?? []
  for (const chip of knownChips()) expect(table).toContain(`\`${chip}\``)
})
