import { expect, test } from 'vitest'
import { openCell } from '../../../support/cell.ts'

/** The registers that Renode's BME280 has, without a Renode. */

const chip = new URL('../../../support/renode/bme280-chip.ts', import.meta.url).pathname
const LAB = `
name: cell
buses: { i2c-1: { kind: i2c }, gpio-0: { kind: gpio } }
parts:
  line1-temp: { chip: ${chip}, bus: i2c-1, address: 0x76 }
  motor-1: { chip: relay, bus: gpio-0, line: 17 }
proplets: { '*': { line1-temp: { part: line1-temp }, motor-1: { part: motor-1, safe: low } } }
`

test('the thermostat reads the trimming and the counts of the BME280 that Renode models', {
  timeout: 60_000,
}, async () => {
  const cell = await openCell({ lab: LAB })
  await cell.proplet('edge-1')
  await cell.upload('thermostat', 'thermostat/thermostat.wasm', 'asked')
  for (const [celsius, heating] of [
    [-40, true],
    [-0.25, true],
    [18.5, true],
    [31.75, false],
    [85, false],
  ] as const) {
    cell.lab.part('line1-temp').set('temperature', celsius)
    const { value } = await cell.run({ function: 'thermostat', export: 'measure' })
    expect(value.ok.celsius).toBeCloseTo(celsius, 1)
    expect(value.ok.heating).toBe(heating)
  }
})
