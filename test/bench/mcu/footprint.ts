import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

/** What the agent's own code takes on a Cortex-M: text and RAM of each subsystem, compiled for size. */
export type Footprint = { readonly subsystem: string; readonly text: number; readonly ram: number }

const firmware = join(import.meta.dirname, '../../../firmware')
const subsystems = ['agent', 'link', 'codec', 'store', 'runtime', 'task', 'hal', 'health'] as const
const flags = ['-Os', '-mcpu=cortex-m3', '-mthumb', '-std=gnu11', '-ffunction-sections', '-fdata-sections']

export type FootprintOptions = {
  /** A build of firmware/posix: its settings, and what zcbor made. */
  readonly build: string
  /** Where WAMR's headers are. */
  readonly wamr: string
  readonly dir: string
}

/** Compiles every file of the core alone. Threads' stacks are counted, the pool is not. */
export function footprint({ build, wamr, dir }: FootprintOptions): readonly Footprint[] {
  const generated = join(build, 'zcbor')
  return subsystems.map((subsystem) => {
    const folder = join(firmware, 'src', subsystem)
    const own = readdirSync(folder).filter((name) => name.endsWith('.c'))
    const files = own.map((name) => join(folder, name))
    const made = subsystem === 'codec' ? generatedSources(generated) : []
    const objects = [...files, ...made].map((file) =>
      compile(file, { build, wamr, generated, out: join(dir, subsystem) }),
    )
    return { subsystem, ...sizeOf(objects) }
  })
}

const generatedSources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.c') && !name.includes('print'))
    .map((name) => join(folder, name))

type Compile = { readonly build: string; readonly wamr: string; readonly generated: string; readonly out: string }

function compile(file: string, { build, wamr, generated, out }: Compile): string {
  mkdirSync(out, { recursive: true })
  const object = join(out, `${basename(file)}.o`)
  const includes = [
    join(firmware, 'src'),
    join(firmware, 'posix/footprint'),
    generated,
    join(generated, 'include'),
    join(wamr, 'core/iwasm/include'),
  ].flatMap((path) => ['-I', path])
  const settings = ['-include', join(build, 'samara_config.h'), '-DZCBOR_CANONICAL']
  execFileSync('arm-none-eabi-gcc', [...flags, ...settings, ...includes, '-c', file, '-o', object], { stdio: 'pipe' })
  return object
}

/** Sections of code and constants, and of variables; the pool's own section is left out. */
function sizeOf(objects: readonly string[]): { text: number; ram: number } {
  let text = 0
  let ram = 0
  for (const object of objects) {
    const listing = execFileSync('arm-none-eabi-size', ['-A', object], { encoding: 'utf8' })
    for (const line of listing.split('\n')) {
      const [name = '', size = ''] = line.trim().split(/\s+/)
      if (name.includes('samara_pool')) continue
      if (/^\.(text|rodata|ARM)/.test(name)) text += Number(size)
      else if (/^\.(data|bss|noinit)/.test(name)) ram += Number(size)
    }
  }
  return { text, ram }
}
