import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Placed, placedSections } from './linker-map.ts'

/**
 * What a firmware would contain of the agent's own code: all of the core compiled for size for a Cortex-M3, linked, and
 * what nobody reaches dropped. WAMR, libc and the port are left out.
 */
export type Part = {
  readonly subsystem: string
  readonly code: number
  readonly constants: number
  readonly ram: number
}
export type Footprint = {
  readonly parts: readonly Part[]
  /** Of the constants, texts. */
  readonly texts: number
  /** Code and constants, optimized across files. */
  readonly lto: number
  /** Of `ram`, the stacks of threads. */
  readonly stacks: number
}

const firmware = join(import.meta.dirname, '../../../firmware')
const subsystems = ['agent', 'link', 'codec', 'store', 'runtime', 'task', 'hal', 'health'] as const
const machine = ['-Os', '-mcpu=cortex-m3', '-mthumb', '-std=gnu11', '-ffunction-sections', '-fdata-sections']

export type FootprintOptions = {
  /** A build of firmware/posix: its settings, and where WAMR is. */
  readonly build: string
  readonly dir: string
}

export function footprint({ build, dir }: FootprintOptions): Footprint {
  const config = microcontroller(readFileSync(join(build, 'samara_config.h'), 'utf8'))
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'samara_config.h'), config)
  const settings = settingsOf(build, dir)
  const objects = compileAll(settings, join(dir, 'objects'))
  const roots = rootsOf(build, objects)
  const map = join(dir, 'core.map')
  link(objects, roots, ['-o', join(dir, 'core.elf'), `-Wl,-Map=${map}`])
  const optimized = join(dir, 'lto.elf')
  link(compileAll([...settings, '-flto'], join(dir, 'lto')), roots, ['-flto', '-o', optimized])
  const placed = placedSections(readFileSync(map, 'utf8'))
  return {
    parts: partsOf(placed),
    texts: placed.reduce((sum, { section, size }) => (/^\.rodata.*\.str/.test(section) ? sum + size : sum), 0),
    lto: textOf(optimized),
    stacks: stacksOf(config),
  }
}

/** Kconfig's defaults, where the build for Linux has its own. */
function microcontroller(config: string): string {
  const kconfig = readFileSync(join(firmware, 'Kconfig'), 'utf8')
  const entries = kconfig.matchAll(/^config (\w+)\n(?:\t.*\n)*?\tdefault (\w+)$/gm)
  const defaults = new Map([...entries].map(([, name, value]) => [`CONFIG_${name}`, value]))
  return config.replace(/^#define (CONFIG_\w+) (\d+)$/gm, (_, name, value) => {
    const initial = defaults.get(name) ?? value
    return `#define ${name} ${initial === 'y' ? 1 : initial === 'n' ? 0 : initial}`
  })
}

/** What the build for Linux compiles the runtime with, less what is of this machine. */
function settingsOf(build: string, dir: string): string[] {
  const flagsMake = readFileSync(join(build, 'CMakeFiles/samara_runtime.dir/flags.make'), 'utf8')
  const wordsOf = (name: string) => new RegExp(`^${name} = (.*)$`, 'm').exec(flagsMake)?.[1]?.split(' ') ?? []
  const folders = wordsOf('C_INCLUDES')
    .map((word) => word.replace(/^-I/, ''))
    .filter((word) => word.startsWith('/') && !word.startsWith(join(firmware, 'src/port')))
  const defines = wordsOf('C_DEFINES').map((word) =>
    word.startsWith('-DBUILD_TARGET_') ? '-DBUILD_TARGET_THUMB' : word,
  )
  const includes = [join(firmware, 'src'), join(firmware, 'posix/footprint'), ...folders].map((path) => `-I${path}`)
  return [...defines, ...includes, '-include', join(dir, 'samara_config.h')]
}

/** Objects `<out>/<subsystem>/<file>.o`. */
function compileAll(settings: readonly string[], out: string): string[] {
  return subsystems.flatMap((subsystem) => {
    const folder = join(firmware, 'src', subsystem)
    const names = readdirSync(folder).filter((name) => name.endsWith('.c'))
    mkdirSync(join(out, subsystem), { recursive: true })
    return names.map((name) => {
      const object = join(out, subsystem, `${name}.o`)
      gcc([...settings, '-c', join(folder, name), '-o', object])
      return object
    })
  })
}

const gcc = (given: readonly string[]): Buffer =>
  execFileSync('arm-none-eabi-gcc', [...machine, ...given], { stdio: 'pipe' })

/** What others than the core call: drivers, the program for Linux and WAMR. A lab is nothing that a firmware has. */
function rootsOf(build: string, objects: readonly string[]): readonly string[] {
  const others = readdirSync(build, { recursive: true, encoding: 'utf8' })
    .filter((path) => /samara_port_\w+\.dir|samara-agent\.dir|samara_wamr\.dir/.test(path))
    .filter((path) => path.endsWith('.o') && !basename(path).startsWith('lab'))
    .map((path) => join(build, path))
  const asked = new Set(symbols('nm', ['-u'], others))
  return symbols('arm-none-eabi-nm', ['-g', '--defined-only'], objects).filter((name) => asked.has(name))
}

const symbols = (nm: string, options: readonly string[], files: readonly string[]): string[] =>
  execFileSync(nm, [...options, '-P', ...files], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name !== '' && !name.endsWith(':'))

function link(objects: readonly string[], roots: readonly string[], given: readonly string[]): void {
  const kept = roots.map((name) => `-Wl,-u,${name}`)
  const rules = ['-nostdlib', '-Wl,--gc-sections', '-Wl,--unresolved-symbols=ignore-all', '-Wl,-e,agent_run']
  gcc([...rules, ...kept, ...objects, ...given])
}

/** What modules and instances live in; its size is a setting. */
const POOL = '.bss.memory'

function partsOf(sections: readonly Placed[]): Part[] {
  const parts = new Map<string, { code: number; constants: number; ram: number }>()
  for (const { section, size, file } of sections) {
    if (section === POOL) continue
    const name = basename(dirname(file))
    const part = parts.get(name) ?? { code: 0, constants: 0, ram: 0 }
    if (section.startsWith('.text')) part.code += size
    else if (/^\.(rodata|ARM\.ex)/.test(section)) part.constants += size
    else if (/^\.(data|bss|noinit)/.test(section)) part.ram += size
    parts.set(name, part)
  }
  return [...parts].map(([subsystem, part]) => ({ subsystem, ...part }))
}

const sizesOf = (program: string): [name: string, size: number][] =>
  execFileSync('arm-none-eabi-size', ['-A', program], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([name = '', size]) => [name, Number(size)])

const textOf = (program: string): number =>
  sizesOf(program).reduce((sum, [name, size]) => (/^\.(text|rodata|ARM\.ex)/.test(name) ? sum + size : sum), 0)

function stacksOf(config: string): number {
  const settingOf = (name: string) => Number(new RegExp(`CONFIG_SAMARA_${name} (\\d+)`).exec(config)?.[1])
  return settingOf('SLOTS') * settingOf('RUNNER_STACK')
}
