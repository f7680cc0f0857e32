import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Debian's kernel source, by the machine's own apt but with a configuration of its own: nothing is installed, and the
 * machine's lists stay as they are. backports has the newest kernel that stable users run, rebuilt often.
 */

const MIRROR = process.env.SAMARA_DEBIAN_MIRROR ?? 'http://deb.debian.org/debian'
const SUITE = 'trixie-backports'
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

export type Source = { readonly name: string; readonly version: string; readonly apt: Apt }
type Apt = (program: string, given: readonly string[], folder?: string) => string

/** The newest linux-source-X.Y there is: point releases leave the mirror when the next one comes. */
export function newestSource(state: string): Source {
  const apt = privateApt(state)
  apt('apt-get', ['update', '-qq'])
  const names = apt('apt-cache', ['pkgnames', 'linux-source-']).split('\n')
  const numbered = names.filter((name) => /^linux-source-\d+\.\d+$/.test(name))
  const name = numbered.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
  if (name === undefined) throw new Error(`${MIRROR} ${SUITE} has no linux-source`)
  const version = /^Version: (.+)$/m.exec(apt('apt-cache', ['show', '--no-all-versions', name]))?.[1]
  if (version === undefined) throw new Error(`${name} has no version`)
  return { name, version, apt }
}

function privateApt(state: string): Apt {
  for (const folder of ['lists/partial', 'archives/partial']) mkdirSync(join(state, folder), { recursive: true })
  const config = join(state, 'apt.conf')
  const sources = join(state, 'sources.list')
  writeFileSync(sources, `deb [signed-by=${KEYRING}] ${MIRROR} ${SUITE} main\n`)
  const settings = {
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
  return (program, given, folder = state) =>
    execFileSync(program, given, { cwd: folder, encoding: 'utf8', env: { ...process.env, APT_CONFIG: config } })
}

/** Unpacks the source into a folder; the tree's path. */
export function fetchSource({ name, apt }: Source, folder: string): string {
  mkdirSync(folder, { recursive: true })
  apt('apt-get', ['download', '-qq', name], folder)
  const archive = readdirSync(folder).find((file) => file.endsWith('.deb')) ?? ''
  execFileSync('dpkg-deb', ['-x', archive, 'package'], { cwd: folder })
  execFileSync('tar', ['xf', `package/usr/src/${name}.tar.xz`], { cwd: folder })
  return join(folder, name)
}
