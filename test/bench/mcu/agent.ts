import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import { connect } from '../client.ts'
import { type Process, start } from '../processes.ts'
import { type Manager, register } from '../system.ts'
import { built } from './builds.ts'

/** The C agent as its users run it, at a manager that has heard it. */
export async function startAgent(bench: Bench, manager: Manager, id: string, broker: BrokerAt): Promise<Process> {
  const tokenFile = join(manager.dir, `${id}.token`)
  await writeFile(tokenFile, await register(manager, id))
  const settings = ['--id', id, '--token-file', tokenFile, '--data', join(manager.dir, id)]
  const program = join(await built('release', bench), 'samara-agent')
  const watcher = await connect(manager.port, 'watcher')
  try {
    const heard = new Promise((resolve) => watcher.once('message', resolve))
    await watcher.subscribeAsync(`samara/1/default/p/${id}/welcome`, { qos: 1 })
    const agent = await start([...settings, ...brokerFlags(broker)], /link: online/, program)
    await heard
    return agent
  } finally {
    await watcher.endAsync(true)
  }
}

/** Where a broker is; with the certificate that it has, where it speaks TLS. */
export type BrokerAt = { readonly port: number; readonly cert?: string }

const brokerFlags = ({ port, cert }: BrokerAt): string[] =>
  cert === undefined
    ? ['--broker', `mqtt://127.0.0.1:${port}`]
    : ['--broker', `mqtts://127.0.0.1:${port}`, '--ca', cert]

/** A client of the same library that does nothing, at a broker. */
export const startBareClient = async (bench: Bench, { port, cert }: BrokerAt): Promise<Process> =>
  start(
    [`${port}`, ...(cert === undefined ? [] : [cert])],
    /ready/,
    join(await built('release', bench), 'bench/client'),
  )
