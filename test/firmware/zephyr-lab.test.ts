import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { started, temporaryFolder } from '../proplet/lab/running.ts'
import { boards, imageOf, noZephyr, ZEPHYR_BUILD_MS, ZEPHYR_TEST_MS, type ZephyrBoard } from './zephyr.ts'

/** The agent's own image as a board of a lab: what `samara lab` does to it, and what the README shows. */

const run = promisify(execFile)
const cli = new URL('../../cli/samara.js', import.meta.url).pathname

const isNative = (board: ZephyrBoard) => board.name === 'native_sim'

async function labOf(board: ZephyrBoard): Promise<string> {
  const file = isNative(board) ? 'zephyr.exe' : 'zephyr.elf'
  return `
name: sim
boards:
  mcu-1:
    kind: ${isNative(board) ? 'native_sim' : 'qemu'}
    image: ${join(await imageOf(board), file)}
    parts:
      line1-temp: { chip: bme280, set: { temperature: 18.5, humidity: 40 } }
      estop: { chip: button }
      lamp: { chip: led }
      motor-1: { chip: relay }
`
}

describe.skipIf(noZephyr).each(boards)('a lab with the C agent on Zephyr, $name', (board) => {
  beforeAll(() => imageOf(board), ZEPHYR_BUILD_MS)

  test(
    'starts it, sets its thermometer, presses its button, reads its lamp and its relay, and stops it',
    async () => {
      const { lab } = await started({ yaml: await labOf(board), startBoards: false })
      expect(await lab.boards.start('mcu-1')).toMatchObject({ state: 'running' })
      expect(await lab.boards.get('line1-temp', 'temperature')).toBe(18.5)
      expect(await lab.boards.set('line1-temp', 'temperature', -12.25)).toBe(-12.25)
      expect(await lab.boards.set('estop', 'pressed', true)).toBe(true)
      expect(await lab.boards.set('estop', 'pressed', false)).toBe(false)
      expect(await lab.boards.get('lamp', 'lit')).toBe(false)
      expect(await lab.boards.get('motor-1', 'closed')).toBe(false)
      expect(await lab.boards.stop('mcu-1')).toMatchObject({ state: 'stopped' })
    },
    ZEPHYR_TEST_MS,
  )

  test(
    'makes it a proplet on which the thermostat follows the cold and the heat: samara lab up --try',
    async () => {
      const dir = temporaryFolder()
      const file = join(dir, 'sim.lab.yaml')
      writeFileSync(file, await labOf(board))
      const ports = ['--data', join(dir, 'data'), '--http-port', '0', '--mqtt-port', '0']
      const env = { PATH: process.env.PATH, HOME: dir, SAMARA_LAB_HTTP_PORT: '0' }
      const { stderr } = await run(process.execPath, [cli, 'lab', 'up', file, ...ports, '--try'], { env })
      expect(stderr).toMatch(/board mcu-1 is proplet mcu-1/)
      expect(stderr).toMatch(/set line1-temp to 15 °C: relay motor-1 closed/)
      expect(stderr).toMatch(/set line1-temp to 30 °C: relay motor-1 opened/)
    },
    ZEPHYR_TEST_MS,
  )
})
