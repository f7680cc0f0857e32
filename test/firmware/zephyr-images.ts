import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasTool } from '../support/tools.ts'
import { armCompiler, armToolchain, espressifToolchain, zephyrBase, zephyrBuild } from './zephyr-build.ts'

/** Images for boards that are not here: they are built, and looked at. */

const firmware = new URL('../../firmware', import.meta.url).pathname

export const noArmCompiler = !armCompiler.every(hasTool)

/** Boards of Espressif's: the name that Zephyr has for them, and the architecture of their processors. */
export const espressifBoards = [
  { board: 'esp32c3_devkitm', target: 'esp32c3_devkitm', architecture: 'riscv' },
  { board: 'esp32s3_devkitc', target: 'esp32s3_devkitc/esp32s3/procpu', architecture: 'xtensa' },
] as const

/** The folder of a build; `bootloader`: with MCUboot, as `west build --sysbuild` has it. By one builder at a time. */
export async function builtImage(board: string, { bootloader }: { bootloader: boolean }): Promise<string> {
  const name = `${board}${bootloader ? '-mcuboot' : ''}`
  const source = bootloader ? join(zephyrBase() as string, 'share/sysbuild') : firmware
  const settings = bootloader ? [`-DAPP_DIR=${firmware}`] : []
  const espressif = espressifBoards.find((one) => one.board === board)
  // No registry has the libraries of Espressif's radio.
  if (espressif) settings.push(`-D${bootloader ? 'firmware_' : ''}CONFIG_BUILD_ONLY_NO_BLOBS=y`)
  const toolchain = espressif ? espressifToolchain(espressif.architecture) : armToolchain()
  if (!toolchain) throw new Error(`no compiler for ${board}`)
  return await zephyrBuild(name, { source, target: espressif?.target ?? board, settings, toolchain })
}

export type Partition = { readonly label: string; readonly from: number; readonly bytes: number }

const sorted = (all: readonly Partition[]): readonly Partition[] => [...all].sort((a, b) => a.from - b.from)

/** Those of a devicetree as Zephyr has put it together. */
export function partitionsOfImage(folder: string): readonly Partition[] {
  const text = readFileSync(join(folder, 'zephyr/zephyr.dts'), 'utf8')
  const nodes = text.matchAll(
    /_partition: partition@[0-9a-f]+ \{\s*label = "([^"]+)";[^}]*?reg = < (0x[0-9a-f]+) (0x[0-9a-f]+) >/g,
  )
  return sorted(
    [...nodes].map(([, label, from, bytes]) => ({ label: `${label}`, from: Number(from), bytes: Number(bytes) })),
  )
}

/** Those that a board's devicetree source has. */
export function partitionsOfSource(board: string): readonly Partition[] {
  const text = readFileSync(join(firmware, `boards/${board}_partitions.dtsi`), 'utf8')
  const nodes = text.matchAll(/label = "([^"]+)";\s*reg = <(0x[0-9a-f]+) DT_SIZE_K\((\d+)\)>/g)
  return sorted(
    [...nodes].map(([, label, from, kib]) => ({ label: `${label}`, from: Number(from), bytes: Number(kib) * 1024 })),
  )
}

/** Those that a board's page has in its table. */
export function partitionsOfPage(board: string): readonly Partition[] {
  const text = readFileSync(join(firmware, `boards/${board}.md`), 'utf8')
  const rows = text.matchAll(/^\| `([\w-]+)` \| `(0x[0-9a-f]+)` \| (\d+) KiB \|/gm)
  return sorted(
    [...rows].map(([, label, from, kib]) => ({ label: `${label}`, from: Number(from), bytes: Number(kib) * 1024 })),
  )
}

const DATA = 0
const UPPER_ADDRESS = 4

/** First byte and the one behind the last of a file in Intel's hexadecimal format. */
export function placeOf(hexFile: string): { from: number; to: number } {
  let upper = 0
  let from = Number.POSITIVE_INFINITY
  let to = 0
  for (const line of readFileSync(hexFile, 'ascii').split('\n').filter(Boolean)) {
    const [count = 0, high = 0, low = 0, kind = 0, ...data] = Buffer.from(line.trim().slice(1), 'hex')
    if (kind === UPPER_ADDRESS) upper = ((data[0] ?? 0) << 8) | (data[1] ?? 0)
    if (kind !== DATA) continue
    const at = upper * 0x1_0000 + high * 0x100 + low
    from = Math.min(from, at)
    to = Math.max(to, at + count)
  }
  return { from, to }
}

/** Whether MCUboot's imgtool finds the signature right, asked as it was asked to sign. */
export function isSigned(folder: string, image: string): boolean {
  const ninja = readFileSync(join(folder, 'build.ninja'), 'utf8')
  const [, python, imgtool, key] = /(\S+) (\S+imgtool\.py) sign .*?--key (\S+)/.exec(ninja) ?? []
  if (!python || !imgtool || !key) throw new Error(`${folder} signs nothing`)
  const { status, stderr, stdout } = spawnSync(python, [imgtool, 'verify', '--key', key, image], { encoding: 'utf8' })
  if (status !== 0 && !/fail|invalid|mismatch/i.test(`${stdout}${stderr}`)) throw new Error(`imgtool: ${stderr}`)
  return status === 0
}
