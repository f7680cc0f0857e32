import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder } from '../../cli/cache.ts'
import { type Program, program } from '../support/processes.ts'
import type { AgentOptions } from './agent.ts'

/** The C agent as a Zephyr application, for whoever has a Zephyr workspace: no package registry carries one. */

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

export const ZEPHYR_BOARD = 'native_sim/native/64'

let made: string | undefined

/** The image for native_sim, with emulated devices: made anew where sources have changed. */
export function zephyrImage(): string {
  if (made !== undefined) return made
  const source = new URL('../../firmware', import.meta.url).pathname
  const folder = join(cacheFolder(process.env), 'zephyr-native_sim')
  mkdirSync(folder, { recursive: true })
  const env = { ...process.env, ZEPHYR_BASE: zephyrBase() }
  const ninja = spawnSync('ninja', ['--version']).status === 0 ? ['-G', 'Ninja'] : []
  const cell = join(source, 'tests/zephyr/cell')
  const settings = [
    ...[`-DBOARD=${ZEPHYR_BOARD}`, '-DZEPHYR_TOOLCHAIN_VARIANT=host'],
    ...[`-DEXTRA_DTC_OVERLAY_FILE=${cell}.overlay`, `-DEXTRA_CONF_FILE=${cell}.conf`],
  ]
  const run = (args: readonly string[]) => execFileSync('cmake', args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  run([...ninja, '-S', source, '-B', folder, ...settings])
  run(['--build', folder, '-j2'])
  made = join(folder, 'zephyr/zephyr.exe')
  return made
}

/** It, on a file as its flash. */
export async function zephyrAgent({ id, broker, tokenFile, data, more = [] }: AgentOptions): Promise<Program> {
  const { hostname, port } = new URL(broker)
  const token = tokenFile === undefined ? '' : readFileSync(tokenFile, 'utf8')
  const args = [`--id=${id}`, `--broker=${hostname}`, `--broker-port=${port}`, `--token=${token}`]
  return program({
    name: id,
    command: zephyrImage(),
    args: [...args, `--flash=${data}`, ...more],
    ready: /link: online/,
  })
}
