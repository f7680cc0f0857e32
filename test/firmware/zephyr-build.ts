import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '../../cli/cache.ts'
import { inTurn } from '../../cli/firmware/turn.ts'

/** Images of Zephyr, for tests and for the benchmark. */

const run = promisify(execFile)

/** As CMake finds it: ZEPHYR_BASE, or what `west zephyr-export` has written. */
export function zephyrBase(): string | undefined {
  if (process.env.ZEPHYR_BASE) return process.env.ZEPHYR_BASE
  const registry = join(homedir(), '.cmake/packages/Zephyr')
  const files = existsSync(registry) ? readdirSync(registry) : []
  const folders = files.map((file) => readFileSync(join(registry, file), 'utf8').trim())
  const found = folders.find((folder) => existsSync(join(folder, 'ZephyrConfig.cmake')))
  return found && join(found, '../../..')
}

/** Which compiler Zephyr takes, in the environment: bootloaders that are built beside an image know nothing of its settings. */
export type Toolchain = Readonly<Record<string, string>>

export type ZephyrBuild = {
  /** Folder of sources. */
  readonly source: string
  readonly target: string
  /** More settings of CMake. */
  readonly settings?: readonly string[]
  readonly toolchain: Toolchain
}

/** A checkout and a compiler have folders of their own: CMake keeps what it was told first. */
function folderOf(name: string, build: ZephyrBuild, base: string | undefined): string {
  const told = createHash('sha256')
    .update(JSON.stringify([build, base]))
    .digest('hex')
  return join(cacheFolder(process.env), `zephyr-${name}-${told.slice(0, 8)}`)
}

/** Folder of what CMake makes for a board, by one builder at a time. The image is in its folder `zephyr`. */
export async function zephyrBuild(name: string, build: ZephyrBuild): Promise<string> {
  const { source, target, settings = [], toolchain } = build
  const base = zephyrBase()
  const folder = folderOf(name, build, base)
  const env = { ...process.env, ...toolchain, ZEPHYR_BASE: base }
  const ninja = spawnSync('ninja', ['--version']).status === 0 ? ['-G', 'Ninja'] : []
  await inTurn(folder, async () => {
    await run('cmake', [...ninja, '-S', source, '-B', folder, `-DBOARD=${target}`, ...settings], { env })
    await run('cmake', ['--build', folder, '-j2'], { env, maxBuffer: 64 * 1024 * 1024 })
  })
  return folder
}

const COMPILER = 'arm-none-eabi-gcc'
const hasSdk = process.env.ZEPHYR_TOOLCHAIN_VARIANT !== undefined || process.env.ZEPHYR_SDK_INSTALL_DIR !== undefined

/** What an image for ARM needs on the path, where Zephyr has not been told of a toolchain. */
export const armCompiler: readonly string[] = hasSdk ? [] : [COMPILER]

export function armToolchain(): Toolchain {
  if (hasSdk) return {}
  const path = execFileSync('sh', ['-c', `command -v ${COMPILER}`], { encoding: 'utf8' }).trim()
  return { ZEPHYR_TOOLCHAIN_VARIANT: 'cross-compile', CROSS_COMPILE: path.replace(/gcc$/, '') }
}

/** What toolchains call the compilers of Espressif's processors. */
const ESPRESSIF = {
  riscv: ['riscv32-esp-elf-', 'riscv64-zephyr-elf-'],
  xtensa: ['xtensa-esp32s3-elf-', 'xtensa-espressif_esp32s3_zephyr-elf-'],
} as const

/** For Espressif's processors of an architecture; undefined where no compiler for it is at hand. */
export function espressifToolchain(architecture: keyof typeof ESPRESSIF): Toolchain | undefined {
  const { ZEPHYR_TOOLCHAIN_VARIANT: variant, CROSS_COMPILE = '' } = process.env
  if (variant === 'cross-compile') return basename(CROSS_COMPILE).startsWith(architecture) ? {} : undefined
  if (hasSdk) return variant === undefined || ['zephyr', 'espressif'].includes(variant) ? {} : undefined
  for (const prefix of ESPRESSIF[architecture]) {
    const path = spawnSync('sh', ['-c', `command -v ${prefix}gcc`], { encoding: 'utf8' }).stdout.trim()
    if (path) return { ZEPHYR_TOOLCHAIN_VARIANT: 'cross-compile', CROSS_COMPILE: path.replace(/gcc$/, '') }
  }
  return undefined
}
