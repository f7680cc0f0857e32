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

const SYMBOL = /^[0-9a-f]+ ([0-9a-f]+) (\w) (\S+)(?:\t(.*))?$/

/** Reads `nm -S -l`: size, kind, name and the place of each symbol. */
export function sizesBySymbol(listing: string): Map<string, { flash: number; ram: number }> {
  const parts = new Map<string, { flash: number; ram: number }>()
  for (const line of listing.split('\n')) {
    const [, size = '', kind = '', , place = ''] = SYMBOL.exec(line) ?? []
    if (size === '') continue
    const part = parts.get(partOf(place)) ?? { flash: 0, ram: 0 }
    const bytes = Number.parseInt(size, 16)
    if (/[tTrRwWvV]/.test(kind)) part.flash += bytes
    else if (/[bB]/.test(kind)) part.ram += bytes
    else if (/[dD]/.test(kind)) {
      part.ram += bytes
      part.flash += bytes
    }
    parts.set(partOf(place), part)
  }
  return parts
}

/** Of an ELF file; what has no symbol, as texts have none, is a part of its own. */
export function sizesOf(folder: string): Sizes {
  const elf = join(folder, 'zephyr.elf')
  const [, sizes = ''] = execFileSync('arm-none-eabi-size', [elf], { encoding: 'utf8' }).split('\n')
  const [text = 0, data = 0, bss = 0] = sizes.trim().split(/\s+/).map(Number)
  const listing = execFileSync('arm-none-eabi-nm', ['-S', '-l', elf], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const parts = sizesBySymbol(listing)
  const named = [...parts.values()].reduce((sum, { flash }) => sum + flash, 0)
  parts.set('texts, tables and gaps', { flash: text + data - named, ram: 0 })
  return { parts, flash: text + data, ram: data + bss }
}
