import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { SamaraError } from '../../shared/errors.ts'

/** What a build needs of the machine. */
export type Tool = {
  readonly name: string
  /** Debian's. */
  readonly packages: string
  readonly isThere: () => boolean
}

const PATH = `${process.env.PATH}:/usr/sbin:/sbin`

export const program = (name: string, packages: string): Tool => ({
  name,
  packages,
  isThere: () => spawnSync('sh', ['-c', `command -v ${name}`], { env: { ...process.env, PATH } }).status === 0,
})

export const header = (name: string, packages: string): Tool => ({
  name,
  packages,
  isThere: () =>
    spawnSync('cc', ['-E', '-x', 'c', '-o', '/dev/null', '-'], { input: `#include <${name}>\n` }).status === 0,
})

/** The first that reads the lock file of WAMR's crate. */
const CARGO_LEAST = [1, 78] as const

/** Debian 12's own cargo is older; the one that its browsers are built with is not. */
const cargoPackages = (): string =>
  existsSync('/etc/debian_version') && readFileSync('/etc/debian_version', 'utf8').startsWith('12')
    ? 'cargo-web rustc-web'
    : 'cargo'

/** One whose home is elsewhere tells no version, and is found by the build: see wamr.cmake. */
function isCargoThere(): boolean {
  const { error, stdout } = spawnSync('cargo', ['--version'], { encoding: 'utf8' })
  if (error) return false
  const [, major, minor] = /^cargo (\d+)\.(\d+)/.exec(stdout) ?? []
  if (major === undefined) return true
  const [leastMajor, leastMinor] = CARGO_LEAST
  return Number(major) > leastMajor || (Number(major) === leastMajor && Number(minor) >= leastMinor)
}

export const compilers: readonly Tool[] = [
  program('cmake', 'cmake'),
  program('make', 'make'),
  program('cc', 'gcc libc6-dev'),
  { name: `cargo ${CARGO_LEAST.join('.')}`, packages: cargoPackages(), isThere: isCargoThere },
]

/** For the program itself; builds without a link need fewer. */
export const agentTools: readonly Tool[] = [
  ...compilers,
  header('mosquitto.h', 'libmosquitto-dev'),
  header('yaml.h', 'libyaml-dev'),
]

export const missingTools = (tools: readonly Tool[]): Tool[] => tools.filter((tool) => !tool.isThere())

const packagesOf = (tools: readonly Tool[]): string[] => tools.flatMap(({ packages }) => packages.split(' '))

/** Throws UNAVAILABLE that names what is missing, and how to have it. */
export function needTools(tools: readonly Tool[]): void {
  const missing = missingTools(tools)
  if (missing.length === 0) return
  throw new SamaraError(
    'UNAVAILABLE',
    `the C agent cannot be built here: ${missing.map(({ name }) => name).join(', ')} missing; on Debian: apt-get install ${packagesOf(missing).join(' ')}`,
  )
}

/** Installs what is missing where that can be done without asking: as root, on Debian. Says so. */
export function installTools(tools: readonly Tool[], note: (text: string) => void): void {
  const packages = packagesOf(missingTools(tools))
  if (packages.length === 0 || process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return
  note(`installing ${packages.join(' ')} with apt-get, for the C agent`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-qq'],
    // What stands in the way of a package is somebody's: it stays.
    ['install', '-y', '-qq', '--no-install-recommends', '--no-remove', ...packages],
  ])
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env })
}
