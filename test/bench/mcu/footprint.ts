import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** What the agent's own code takes on a Cortex-M: text and RAM of each subsystem, compiled for size. */
export type Footprint = { readonly subsystem: string; readonly text: number; readonly ram: number }

const firmware = join(import.meta.dirname, '../../../firmware')
const subsystems = ['agent', 'link', 'codec', 'store', 'runtime', 'task', 'hal', 'health'] as const
const flags = ['-Os', '-mcpu=cortex-m3', '-mthumb', '-std=gnu11', '-ffunction-sections', '-fdata-sections']

export type FootprintOptions = {
  /** A build of firmware/posix: its settings, and where WAMR is. */
  readonly build: string
  readonly dir: string
}

/** Compiles every file of the core alone. Threads' stacks are counted, the pool is not. */
export function footprint({ build, dir }: FootprintOptions): readonly Footprint[] {
  const settings = settingsOf(build)
  return subsystems.map((subsystem) => {
    const folder = join(firmware, 'src', subsystem)
    const out = join(dir, subsystem)
    mkdirSync(out, { recursive: true })
    const files = readdirSync(folder).filter((name) => name.endsWith('.c'))
    return { subsystem, ...sizeOf(files.map((name) => compile(join(folder, name), settings, out))) }
  })
}

/** What the build for Linux compiles the runtime with, less what is of this machine. */
function settingsOf(build: string): string[] {
  const flagsMake = readFileSync(join(build, 'CMakeFiles/samara_runtime.dir/flags.make'), 'utf8')
  const wordsOf = (name: string) => new RegExp(`^${name} = (.*)$`, 'm').exec(flagsMake)?.[1]?.split(' ') ?? []
  const folders = wordsOf('C_INCLUDES')
    .map((word) => word.replace(/^-I/, ''))
    .filter((word) => word.startsWith('/') && !word.startsWith(join(firmware, 'src/port')))
  const defines = wordsOf('C_DEFINES').map((word) =>
    word.startsWith('-DBUILD_TARGET_') ? '-DBUILD_TARGET_THUMB' : word,
  )
  const includes = [join(firmware, 'src'), join(firmware, 'posix/footprint'), ...folders].map((path) => `-I${path}`)
  return [...defines, ...includes, '-include', join(build, 'samara_config.h')]
}

function compile(file: string, settings: readonly string[], out: string): string {
  const object = join(out, `${basename(file)}.o`)
  execFileSync('arm-none-eabi-gcc', [...flags, ...settings, '-c', file, '-o', object], { stdio: 'pipe' })
  return object
}

/** What modules and instances live in; its size is a setting. */
const POOL = '.bss.memory'

/** Sections of code and constants, and of variables; the pool's own section is left out. */
function sizeOf(objects: readonly string[]): { text: number; ram: number } {
  let text = 0
  let ram = 0
  for (const object of objects) {
    const listing = execFileSync('arm-none-eabi-size', ['-A', object], { encoding: 'utf8' })
    for (const line of listing.split('\n')) {
      const [name = '', size = ''] = line.trim().split(/\s+/)
      if (name === POOL) continue
      if (/^\.(text|rodata|ARM)/.test(name)) text += Number(size)
      else if (/^\.(data|bss|noinit)/.test(name)) ram += Number(size)
    }
  }
  return { text, ram }
}
