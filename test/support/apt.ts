import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Debian's packages, unpacked and not installed, by the machine's own apt with a configuration of its own: the machine's
 * lists and its architectures stay as they are, and what is wrong with them does no harm here.
 */

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

export type Apt = (program: string, given: readonly string[], folder?: string) => string
export type Suite = { readonly suite: string; readonly architecture: string }

/** Where the machine itself takes Debian's packages from, unless it is told. */
function mirror(): string {
  if (process.env.SAMARA_DEBIAN_MIRROR) return process.env.SAMARA_DEBIAN_MIRROR
  const wanted = ['Created-By: Packages', 'Component: main']
  const known = execFileSync('apt-get', ['indextargets', '--format', '$(REPO_URI)', ...wanted], { encoding: 'utf8' })
  const found = known.split('\n').find((uri) => /\/debian\/?$/.test(uri))
  if (found === undefined) throw new Error('apt-get indextargets: no source ends in /debian; set SAMARA_DEBIAN_MIRROR')
  return found
}

/** An apt that knows one suite for one architecture; `state` is the folder of its lists. */
export function privateApt(state: string, { suite, architecture }: Suite): Apt {
  for (const folder of ['lists/partial', 'archives/partial']) mkdirSync(join(state, folder), { recursive: true })
  const config = join(state, 'apt.conf')
  const sources = join(state, 'sources.list')
  writeFileSync(sources, `deb [arch=${architecture} signed-by=${KEYRING}] ${mirror()} ${suite} main\n`)
  const settings = {
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'Dir::State': state,
    'Dir::State::status': '/dev/null',
    'Dir::Cache': state,
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '/dev/null',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    // Root's apt gives its rights away, and then cannot write here.
    'APT::Sandbox::User': 'root',
  }
  writeFileSync(
    config,
    Object.entries(settings)
      .map(([key, value]) => `${key} "${value}";\n`)
      .join(''),
  )
  const apt: Apt = (program, given, folder = state) =>
    execFileSync(program, given, { cwd: folder, encoding: 'utf8', env: { ...process.env, APT_CONFIG: config } })
  apt('apt-get', ['update', '-qq'])
  return apt
}

/** Unpacks packages into a folder; its path. */
export function unpack(apt: Apt, names: readonly string[], folder: string): string {
  const archives = join(folder, 'archives')
  mkdirSync(archives, { recursive: true })
  apt('apt-get', ['download', '-qq', ...names], archives)
  for (const archive of readdirSync(archives)) execFileSync('dpkg-deb', ['-x', join(archives, archive), folder])
  rmSync(archives, { recursive: true })
  return folder
}

/** A folder with packages of another architecture, unpacked once. */
export function foreignPackages(names: readonly string[], folder: string, from: Suite): string {
  if (existsSync(folder)) return folder
  mkdirSync(dirname(folder), { recursive: true })
  const work = `${folder}-${process.pid}`
  try {
    const state = join(work, 'apt')
    unpack(privateApt(state, from), names, join(work, 'root'))
    if (!existsSync(folder)) renameSync(join(work, 'root'), folder)
    return folder
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
