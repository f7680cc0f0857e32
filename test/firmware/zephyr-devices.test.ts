import { describe, expect, test } from 'vitest'
import { countsOf } from '../../proplet/lab/chips/model/bme280-compensation.ts'
import { openCell } from '../support/cell.ts'
import { BUILD_MS } from './builds.ts'
import { startCellAgent } from './cell-agent.ts'
import { noZephyr, zephyrAgent } from './zephyr.ts'

/** The C agent in Zephyr's native simulator with devices of its devicetree, behind Zephyr's own bus emulators. */

const TEST_MS = 180_000
const ZEPHYR = 'mcu-1'

async function start(...flags: readonly string[]) {
  const cell = await openCell()
  const agent = await startCellAgent(cell, ZEPHYR, { cell: '1' }, (given) => zephyrAgent({ ...given, more: flags }))
  return { cell, agent }
}
/** What the converter counts at this temperature. */
const count = (celsius: number) =>
  `--celsius-count=${countsOf({ temperature: celsius, pressure: 101_325, humidity: 45 }, { temperature: 20, pressure: 20 }).temperature}`
const MEASURE = { function: 'thermostat', export: 'measure', proplet: ZEPHYR }

describe.skipIf(noZephyr)('devices of the C agent on Zephyr', () => {
  test(
    "are those of its devicetree, and a thermometer gives the data sheet's worked example",
    async () => {
      const { cell } = await start()
      await cell.upload('thermostat', 'thermostat/thermostat.wasm', 'asked')
      const { value } = await cell.run(MEASURE)
      expect(value.ok.celsius).toBeCloseTo(25.08, 3)
      const { devices } = (await cell.manager.get(`/v1/proplets/${ZEPHYR}`)).json
      expect(devices.map(({ name }: { name: string }) => name).sort()).toEqual([
        'estop',
        'line1-temp',
        'motor-1',
        'vib-1',
      ])
    },
    BUILD_MS + TEST_MS,
  )

  test(
    'a thermostat drives its relay, which is open again when the call is over',
    async () => {
      const { cell, agent } = await start(count(15))
      await cell.upload('thermostat', 'thermostat/thermostat.wasm', 'asked')
      const { value } = await cell.run(MEASURE)
      expect(value).toMatchObject({ ok: { heating: true } })
      expect(value.ok.celsius).toBeCloseTo(15, 1)
      await agent.says(/relay: open/)
      expect(agent.lines().filter((line) => line.startsWith('relay:'))).toEqual(['relay: closed', 'relay: open'])
    },
    TEST_MS,
  )

  test(
    'an accelerometer is read over spi, byte by byte',
    async () => {
      const { cell } = await start()
      await cell.upload('vibration', 'vibration/vibration.wasm', 'asked')
      expect(await cell.run({ function: 'vibration', export: 'rms', args: [16], proplet: ZEPHYR })).toMatchObject({
        value: { ok: 1 },
      })
    },
    TEST_MS,
  )

  test(
    'an edge of an input starts a run',
    async () => {
      const { cell } = await start('--press-ms=500')
      await cell.upload('ticker', 'ticker/ticker.wasm')
      const deploy = ['deploy', 'ticker', '--on', 'cell=1', '--keep', '--throttle', '0s', '--on-edge', 'estop:both']
      expect((await cell.cli([...deploy, '--grant', 'estop:gpio:r', '--yes'])).code).toBe(0)
      for (const seq of [1, 2])
        await cell.happened((event) => (event.type === 'deployment-result' && event.result.seq === seq) || undefined)
    },
    TEST_MS,
  )
})
