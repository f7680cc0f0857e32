import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { SamaraError } from '../../shared/errors.ts'
import { MosquittoView } from '../api.ts'
import { act, describe, type Host, noun } from '../command.ts'

export function broker(parent: Command, host: Host): void {
  const all = noun(parent, 'broker', {
    summary: 'configuration for a broker of your own',
    examples: [['samara broker config mosquitto --dir /etc/mosquitto/samara', 'for Mosquitto']],
  })
  const config = noun(all, 'config', {
    summary: 'write configuration files for a broker',
    examples: [['samara broker config mosquitto --dir ./mosquitto', 'for Mosquitto']],
  })
  const command = describe(config, 'mosquitto', {
    summary: 'write passwd, acl and mosquitto.conf for who is registered now',
    more: 'manager.env beside them has the name and password of the manager itself. Write it again, and have Mosquitto read it again (SIGHUP), when proplets or users come or go.',
    examples: [['samara broker config mosquitto --dir ./mosquitto', 'then: mosquitto -c ./mosquitto/mosquitto.conf']],
  }).requiredOption('--dir <dir>', 'folder for the files; it is made where there is none')
  act<[], { dir: string }>(command, host, async (session, { dir }) => {
    const folder = resolve(dir)
    const query = { dir: folder }
    const { passwd, acl, conf, manager } = await session.client.get(MosquittoView, '/v1/broker/mosquitto', { query })
    const files = [
      writeWhole(folder, 'passwd', passwd, 0o600),
      writeWhole(folder, 'acl', acl, 0o600),
      writeWhole(folder, 'mosquitto.conf', conf, 0o644),
      writeWhole(folder, 'manager.env', loginText(manager), 0o600),
    ]
    session.show({ files }, () => files.map((file) => `${file}\n`).join(''))
  })
}

/** What the manager connects with, in the environment. */
const loginText = ({ username, password }: { username: string; password: string }): string =>
  `SAMARA_BROKER_USERNAME=${username}\nSAMARA_BROKER_PASSWORD=${password}\n`

/** In place at once: a broker that reads meanwhile sees the old file or the new one. */
function writeWhole(folder: string, name: string, content: string, mode: number): string {
  const file = join(folder, name)
  const fresh = `${file}.new`
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(fresh, content, { mode })
    // The mode above is for a file that is made; one that was left behind has its own.
    chmodSync(fresh, mode)
    renameSync(fresh, file)
    return file
  } catch (error) {
    throw new SamaraError(
      'FAILED_PRECONDITION',
      `file ${JSON.stringify(file)}: cannot be written: ${(error as Error).message}`,
      {
        cause: error,
      },
    )
  }
}
