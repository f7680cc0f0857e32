import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '../../cli/cache.ts'
import { inTurn } from '../../cli/firmware/turn.ts'
import { type Program, program } from '../support/processes.ts'
import type { AgentOptions } from './agent.ts'

/** The C agent as a Zephyr application, for whoever has a Zephyr workspace: no package registry carries one. */

const run = promisify(execFile)

/** As CMake finds it: ZEPHYR_BASE, or what `west zephyr-export` has written. */
function zephyrBase(): string | undefined {
  if (process.env.ZEPHYR_BASE) return process.env.ZEPHYR_BASE
  const registry = join(homedir(), '.cmake/packages/Zephyr')
  const files = existsSync(registry) ? readdirSync(registry) : []
  const folders = files.map((file) => readFileSync(join(registry, file), 'utf8').trim())
  const found = folders.find((folder) => existsSync(join(folder, 'ZephyrConfig.cmake')))
  return found && join(found, '../../..')
}

export const noZephyr = zephyrBase() === undefined
if (noZephyr) console.warn('skipped: the C agent on Zephyr, for which there is no workspace (ZEPHYR_BASE) here')

const ZEPHYR_BOARD = 'native_sim/native/64'

/** The image for native_sim, with emulated devices: made anew where sources have changed, by one builder at a time. */
async function zephyrImage(): Promise<string> {
  const source = new URL('../../firmware', import.meta.url).pathname
  const folder = join(cacheFolder(process.env), 'zephyr-native_sim')
  const env = { ...process.env, ZEPHYR_BASE: zephyrBase() }
  const ninja = spawnSync('ninja', ['--version']).status === 0 ? ['-G', 'Ninja'] : []
  const cell = join(source, 'tests/zephyr/cell')
  const settings = [
    ...[`-DBOARD=${ZEPHYR_BOARD}`, '-DZEPHYR_TOOLCHAIN_VARIANT=host'],
    ...[`-DEXTRA_DTC_OVERLAY_FILE=${cell}.overlay`, `-DEXTRA_CONF_FILE=${cell}.conf`],
  ]
  await inTurn(folder, async () => {
    await run('cmake', [...ninja, '-S', source, '-B', folder, ...settings], { env })
    await run('cmake', ['--build', folder, '-j2'], { env, maxBuffer: 64 * 1024 * 1024 })
  })
  return join(folder, 'zephyr/zephyr.exe')
}

let made: Promise<string> | undefined

/** It, on a file as its flash. */
export async function zephyrAgent({ id, broker, tokenFile, data, more = [] }: AgentOptions): Promise<Program> {
  made ??= zephyrImage()
  const image = await made
  const { hostname, port } = new URL(broker)
  const args = [`--id=${id}`, `--broker=${hostname}`, `--broker-port=${port}`]
  if (tokenFile !== undefined) args.push(`--token=${readFileSync(tokenFile, 'utf8')}`)
  return program({
    name: id,
    command: image,
    args: [...args, `--flash=${data}`, ...more],
    ready: /link: online/,
  })
}
