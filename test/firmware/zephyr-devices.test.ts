import { beforeAll, describe, expect, test } from 'vitest'
import { openCell } from '../support/cell.ts'
import { startCellAgent } from './cell-agent.ts'
import { large } from './modules.ts'
import { agentOf, boards, imageOf, noZephyr, ZEPHYR_BUILD_MS, ZEPHYR_TEST_MS, type ZephyrAgent } from './zephyr.ts'

/** The C agent on Zephyr with devices of its devicetree, behind Zephyr's own bus emulators; the shell sets them. */

const ZEPHYR = 'mcu-1'
const SIZE_BYTES = 64 * 1024
const SEED = 1
const MEASURE = { function: 'thermostat', export: 'measure', proplet: ZEPHYR }

describe.skipIf(noZephyr).each(boards)('devices of the C agent on Zephyr, $name', (board) => {
  beforeAll(() => imageOf(board), ZEPHYR_BUILD_MS)

  async function start() {
    const cell = await openCell()
    let agent: ZephyrAgent | undefined
    await startCellAgent(cell, ZEPHYR, { cell: '1' }, async (options) => {
      agent = await agentOf(board)(options)
      return agent
    })
    /** Tells the cell something that it does not refuse. */
    const tell = async (command: string) => {
      const answer = (await (agent as ZephyrAgent).ask(`cell ${command}`)).at(-1)
      expect(answer).toMatch(/^ok /)
      return answer
    }
    return { cell, agent: agent as ZephyrAgent, tell }
  }

  test(
    "are those of its devicetree, and a thermometer gives the data sheet's worked example",
    async () => {
      const { cell, tell } = await start()
      expect(await tell('read line1-temp')).toBe('ok line1-temp temperature=25.08 pressure=100653 humidity=45')
      await cell.upload('thermostat', 'thermostat/thermostat.wasm', 'asked')
      const { value } = await cell.run(MEASURE)
      expect(value.ok.celsius).toBeCloseTo(25.08, 3)
      const { devices } = (await cell.manager.get(`/v1/proplets/${ZEPHYR}`)).json
      const names = devices.map(({ name }: { name: string }) => name)
      expect(names.sort()).toEqual(['estop', 'lamp', 'line1-temp', 'motor-1', 'vib-1'])
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'a thermostat drives its relay, which is open again when the call is over',
    async () => {
      const { cell, agent, tell } = await start()
      await tell('set line1-temp temperature 15')
      await cell.upload('thermostat', 'thermostat/thermostat.wasm', 'asked')
      const { value } = await cell.run(MEASURE)
      expect(value).toMatchObject({ ok: { heating: true } })
      expect(value.ok.celsius).toBeCloseTo(15, 1)
      await agent.says(/motor-1 is open/)
      const moves = agent.lines().flatMap((line) => /motor-1 is (\w+)/.exec(line)?.[1] ?? [])
      expect(moves).toEqual(['closed', 'open'])
      expect(await tell('read motor-1')).toBe('ok motor-1 closed=false')
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'an accelerometer is read over spi, byte by byte',
    async () => {
      const { cell, tell } = await start()
      await cell.upload('vibration', 'vibration/vibration.wasm', 'asked')
      const rms = { function: 'vibration', export: 'rms', args: [16], proplet: ZEPHYR }
      expect(await cell.run(rms)).toMatchObject({ value: { ok: 1 } })
      await tell('set vib-1 amplitude 0.5')
      expect(await cell.run(rms)).toMatchObject({ value: { ok: 0.5 } })
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'an edge of an input starts a run',
    async () => {
      const { cell, tell } = await start()
      await cell.upload('ticker', 'ticker/ticker.wasm')
      const deploy = ['deploy', 'ticker', '--on', 'cell=1', '--keep', '--throttle', '0s', '--on-edge', 'estop:both']
      expect((await cell.cli([...deploy, '--grant', 'estop:gpio:r', '--yes'])).code).toBe(0)
      await cell.happened((event) => (event.type === 'deployment-state' && event.state.state === 'ready') || undefined)
      for (const [seq, command] of [
        [1, 'press estop'],
        [2, 'release estop'],
      ] as const) {
        await tell(command)
        await cell.happened((event) => (event.type === 'deployment-result' && event.result.seq === seq) || undefined)
      }
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'what the cell cannot do is said in one line',
    async () => {
      const { agent } = await start()
      for (const [command, answer] of [
        ['read motr', 'error no part motr'],
        ['set line1-temp colour 1', 'error line1-temp has no property colour'],
        [
          'set line1-temp temperature 200',
          'error temperature: 200 is not -40 to 85 with 3 digits behind the point at most',
        ],
        ['set estop pressed 1', 'error pressed: 1 is not true or false'],
        ['set motor-1 closed true', 'error closed of motor-1 cannot be set'],
      ])
        expect((await agent.ask(`cell ${command}`)).at(-1)).toBe(answer)
    },
    ZEPHYR_TEST_MS,
  )

  // Threads of the simulator run on stacks of this machine.
  test.skipIf(board.name === 'native_sim')(
    'leaves an eighth of each stack alone, whatever it did',
    async () => {
      const { cell, agent, tell } = await start()
      await cell.upload('thermostat', 'thermostat/thermostat.wasm', 'asked')
      await cell.upload('vibration', 'vibration/vibration.wasm', 'asked')
      const { module } = await large(SIZE_BYTES, SEED)
      await cell.upload('large', module)
      for (const celsius of [15, 30]) {
        await tell(`set line1-temp temperature ${celsius}`)
        await Promise.all([
          cell.run(MEASURE),
          cell.run({ function: 'vibration', export: 'rms', args: [16], proplet: ZEPHYR }),
        ])
      }
      expect(await cell.run({ function: 'large', export: 'at', args: [0], proplet: ZEPHYR })).toMatchObject({
        outcome: 'completed',
      })
      await agent.ask('samara show')
      // It ends with no `ok` of its own.
      const lines = await agent.ask('kernel thread stacks\rcell list')
      const stacks = lines.flatMap((line) => {
        const found = /(\S+) +\(real size +(\d+)\):\s*unused +(\d+)/.exec(line)
        return found ? [{ thread: found[1], size: Number(found[2]), unused: Number(found[3]) }] : []
      })
      expect(stacks.map(({ thread }) => thread)).toEqual(expect.arrayContaining(['main', 'shell_uart', 'samara-run']))
      expect(stacks.filter(({ size, unused }) => unused < size / 8)).toEqual([])
    },
    ZEPHYR_TEST_MS,
  )
})
