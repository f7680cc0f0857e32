import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type Apt, privateApt, unpack } from '../support/apt.ts'

/** Debian's kernel source. backports has the newest kernel that stable users run, rebuilt often. */

const from = { suite: 'trixie-backports', architecture: 'amd64' } as const

export type Source = { readonly name: string; readonly version: string; readonly apt: Apt }

/** The newest linux-source-X.Y there is: point releases leave the mirror when the next one comes. */
export function newestSource(state: string): Source {
  const apt = privateApt(state, from)
  const names = apt('apt-cache', ['pkgnames', 'linux-source-']).split('\n')
  const numbered = names.filter((name) => /^linux-source-\d+\.\d+$/.test(name))
  const name = numbered.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
  if (name === undefined) throw new Error(`${from.suite} has no linux-source`)
  const version = /^Version: (.+)$/m.exec(apt('apt-cache', ['show', '--no-all-versions', name]))?.[1]
  if (version === undefined) throw new Error(`${name} has no version`)
  return { name, version, apt }
}

/** Unpacks the source into a folder; the tree's path. */
export function fetchSource({ name, apt }: Source, folder: string): string {
  unpack(apt, [name], join(folder, 'package'))
  execFileSync('tar', ['xf', `package/usr/src/${name}.tar.xz`], { cwd: folder })
  return join(folder, name)
}
