import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** What parts of an image take, by the files that its symbols come from. */
export type Sizes = {
  readonly parts: ReadonlyMap<string, { readonly flash: number; readonly ram: number }>
  readonly flash: number
  readonly ram: number
}

/** The first that a path is in. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/\/firmware\/src\/(agent|codec|hal|health|link|runtime|store|task)\//, 'agent'],
  [/\/firmware\/src\/port\//, 'port'],
  [/wasm-micro-runtime|wasm_interp_/, 'WAMR'],
  [/\/subsys\/net\/|\/drivers\/(net|ethernet)\//, 'network'],
  [/\/subsys\/(shell|settings|logging|fs|kvss)\//, 'shell, settings and log'],
  [/picolibc|\/lib\/libc\/|newlib/, 'libc'],
  [/\/kernel\/|\/arch\//, 'kernel'],
]

/** Names a file's part; the agent's subsystems are parts of their own. */
export function partOf(path: string): string {
  for (const [pattern, name] of PARTS) {
    const found = pattern.exec(path)
    if (found) return name === 'agent' ? `agent/${found[1]}` : name
  }
  return 'other'
}

const SYMBOL = /^([0-9a-f]+) ([0-9a-f]+) (\w) (\S+)(?:\t(.*))?$/

/** A flash that is simulated in memory is none of the agent's. */
const SIMULATED = 'FLASH_MEMORY'
type Range = { readonly from: number; readonly to: number }
const NOTHING: Range = { from: 0, to: 0 }

/** Reads `nm -S -l`: address, size, kind, name and the place of each symbol; `without` is a range that does not count. */
export function sizesBySymbol(listing: string, without = NOTHING): Map<string, { flash: number; ram: number }> {
  const parts = new Map<string, { flash: number; ram: number }>()
  for (const line of listing.split('\n')) {
    const [, at = '', size = '', kind = '', , place = ''] = SYMBOL.exec(line) ?? []
    const address = Number.parseInt(at, 16)
    if (size === '' || (address >= without.from && address < without.to)) continue
    const part = parts.get(partOf(place)) ?? { flash: 0, ram: 0 }
    const bytes = Number.parseInt(size, 16)
    if (/[tTrRwWvVdD]/.test(kind)) part.flash += bytes
    if (/[bBdD]/.test(kind)) part.ram += bytes
    parts.set(partOf(place), part)
  }
  return parts
}

const tool = (name: string, args: readonly string[]): string =>
  execFileSync(`arm-none-eabi-${name}`, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })

/** Of an ELF file; what has no symbol, as texts have none, is a part of its own. */
export function sizesOf(folder: string): Sizes {
  const elf = join(folder, 'zephyr.elf')
  const [, sizes = ''] = tool('size', [elf]).split('\n')
  const [text = 0, data = 0, bss = 0] = sizes.trim().split(/\s+/).map(Number)
  const [, size, from] = new RegExp(`^${SIMULATED}\\s+(\\d+)\\s+(\\d+)$`, 'm').exec(tool('size', ['-A', elf])) ?? []
  const simulated = { from: Number(from ?? 0), to: Number(from ?? 0) + Number(size ?? 0) }
  const parts = sizesBySymbol(tool('nm', ['-S', '-l', elf]), simulated)
  const named = [...parts.values()].reduce((sum, part) => sum + part.flash, 0)
  parts.set('texts, tables and gaps', { flash: text + data - named, ram: 0 })
  return { parts, flash: text + data, ram: data + bss - (simulated.to - simulated.from) }
}
