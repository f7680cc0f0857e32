import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manager } from '../../manager/app.ts'
import { type MosquittoFiles, mosquittoFiles } from '../../manager/services/broker-config.ts'
import { type Program, program } from './processes.ts'

/** Debian keeps it outside of a user's path. */
const PLACES = [
  '/usr/sbin/mosquitto',
  '/usr/bin/mosquitto',
  '/usr/local/sbin/mosquitto',
  '/opt/homebrew/sbin/mosquitto',
]
const MAX_PACKET_BYTES = 1_200_000

const found = PLACES.find((path) => existsSync(path))

/** For `describe.skipIf`. Under SAMARA_CI nothing is skipped: the suite fails where Mosquitto is missing. */
export const noMosquitto = found === undefined && process.env.SAMARA_CI === undefined

if (noMosquitto) console.warn('skipped: what needs Mosquitto, which is not installed here')

export const brokerFiles = ({ proplets, users, namespace }: Manager, dir: string): MosquittoFiles =>
  mosquittoFiles({ proplets, users, namespace, dir, maxPacketBytes: MAX_PACKET_BYTES })

/** Mosquitto with these lines as its configuration. */
export async function mosquittoWith(dir: string, lines: readonly string[]): Promise<Program> {
  if (!found) throw new Error(`Mosquitto is in none of ${PLACES.join(', ')}`)
  const file = join(dir, 'mosquitto.conf')
  // As root it would become a user who may not read these files.
  await writeFile(file, `${['user root', ...lines].join('\n')}\n`, { mode: 0o600 })
  return program({ name: 'mosquitto', command: found, args: ['-c', file], ready: /mosquitto version .* running/ })
}

/** Mosquitto with the access rules that the manager gives out, on a port of its own. */
export async function mosquitto(options: {
  dir: string
  port: number
  files: MosquittoFiles
  more?: readonly string[]
}): Promise<Program> {
  const { dir, port, files, more = [] } = options
  for (const [name, text] of Object.entries({ passwd: files.passwd, acl: files.acl }))
    await writeFile(join(dir, name), text, { mode: 0o600 })
  const conf = files.conf.replace('listener 1883', `listener ${port} 127.0.0.1`)
  return mosquittoWith(dir, [...conf.split('\n'), ...more])
}
