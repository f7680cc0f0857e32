import { spawnSync } from 'node:child_process'
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { cache, cachedKernel, inputs, kernelFolder } from './cached.ts'
import { fetchSource, newestSource } from './source.ts'

/**
 * Builds the lab kernel: User Mode Linux of Debian's newest kernel source, with our configuration and our bus module.
 * Takes three to ten minutes on two cores and 4 GB of disk meanwhile; the result has 7 MB and is kept.
 */

/** Program, and the Debian package that has it. */
const tools: readonly (readonly [program: string, packageName: string])[] = [
  ['apt-get', 'apt'],
  ['dpkg-deb', 'dpkg'],
  ['tar', 'tar'],
  ['xz', 'xz-utils'],
  ['gcc', 'gcc libc6-dev'],
  ['make', 'make'],
  ['flex', 'flex'],
  ['bison', 'bison'],
  ['bc', 'bc'],
]

/** Why no kernel can be built here, in one line; undefined where it can. */
export function missingForBuild(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return `User Mode Linux is for Linux on x86-64`
  const missing = tools.filter(([program]) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0)
  if (missing.length === 0) return undefined
  return `apt-get install ${missing.map(([, packageName]) => packageName).join(' ')}`
}

/** The path of a kernel with our inputs: a kept one, or one that is built now. */
export function buildKernel(say: (line: string) => void): string {
  const kept = cachedKernel()
  if (kept !== undefined) return kept
  const missing = missingForBuild()
  if (missing !== undefined) throw new Error(`the lab kernel cannot be built: ${missing}`)
  mkdirSync(cache, { recursive: true })
  const source = newestSource(join(cache, 'apt'))
  const work = join(cache, `work-${process.pid}`)
  try {
    say(`building the lab kernel of ${source.name} ${source.version}`)
    const tree = fetchSource(source, work)
    addBusModule(tree)
    return compile(tree, join(work, 'out'), kernelFolder(source.version))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function addBusModule(tree: string): void {
  const [, module = '', kconfig = ''] = inputs
  const misc = join(tree, 'drivers/misc')
  copyFileSync(module, join(misc, 'labbus.c'))
  copyFileSync(kconfig, join(misc, 'Kconfig.labbus'))
  appendFileSync(join(misc, 'Makefile'), '\nobj-$(CONFIG_SAMARA_LABBUS) += labbus.o\n')
  const menu = readFileSync(join(misc, 'Kconfig'), 'utf8')
  writeFileSync(
    join(misc, 'Kconfig'),
    menu.replace(/\nendmenu\s*$/, '\nsource "drivers/misc/Kconfig.labbus"\nendmenu\n'),
  )
}

function compile(tree: string, out: string, folder: string): string {
  const make = (...targets: string[]) =>
    run('make', ['-C', tree, 'ARCH=um', 'SUBARCH=x86_64', `O=${out}`, `-j${availableParallelism()}`, ...targets])
  make('tinyconfig')
  const wanted = readFileSync(inputs[0] as string, 'utf8')
  appendFileSync(join(out, '.config'), wanted)
  make('olddefconfig')
  refuseDropped(wanted, readFileSync(join(out, '.config'), 'utf8'))
  make('linux')
  mkdirSync(folder, { recursive: true })
  run('strip', [join(out, 'linux'), '-o', join(out, 'linux-lab')])
  renameSync(join(out, 'linux-lab'), join(folder, 'linux-lab'))
  return join(folder, 'linux-lab')
}

/** make drops what depends on something that is not there, without a word. */
function refuseDropped(wanted: string, made: string): void {
  const has = new Set(made.split('\n'))
  const dropped = wanted.match(/^CONFIG_\w+=.*$/gm)?.filter((line) => {
    const [name, value] = line.split('=')
    return value === 'n' ? has.has(`${name}=y`) : !has.has(line)
  })
  if (dropped?.length) throw new Error(`the kernel source dropped ${dropped.join(', ')}`)
}

function run(program: string, given: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(program, given, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  if (status === 0) return
  throw new Error(`${program} ${given.at(-1)} failed:\n${`${stdout}\n${stderr}`.split('\n').slice(-40).join('\n')}`)
}

if (import.meta.main) {
  try {
    console.log(buildKernel((line) => console.log(line)))
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
