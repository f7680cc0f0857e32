import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { findProgram } from '../../proplet/lab/boards/program.ts'
import { temporaryFolder } from '../proplet/lab/running.ts'

/** The agent on a nucleo_h753zi in a real Renode, for whoever has one, and an image for it where `west build` leaves it. */

const root = resolve(import.meta.dirname, '../..')
const image = join(root, 'build/zephyr/zephyr.elf')
const lacking =
  findProgram('renode') === undefined
    ? 'Renode'
    : existsSync(image)
      ? undefined
      : `an image for nucleo_h753zi (${image})`
if (lacking) console.warn(`skipped: the C agent in Renode, for which ${lacking} is missing here`)

test.skipIf(lacking !== undefined)(
  'the thermostat follows the cold and the heat on a nucleo_h753zi in Renode',
  { timeout: 900_000 },
  async () => {
    const dir = temporaryFolder()
    const args = ['lab', 'up', join(root, 'firmware/renode/nucleo_h753zi.lab.yaml'), '--try']
    const ports = ['--data', join(dir, 'data'), '--http-port', '0', '--mqtt-port', '0']
    const env = { PATH: process.env.PATH, HOME: dir, SAMARA_LAB_HTTP_PORT: '0' }
    const { stderr } = await promisify(execFile)(process.execPath, [join(root, 'cli/samara.js'), ...args, ...ports], {
      env,
    })
    expect(stderr).toMatch(/set line1-temp to 15 °C: relay motor-1 closed/)
    expect(stderr).toMatch(/set line1-temp to 30 °C: relay motor-1 opened/)
  },
)
