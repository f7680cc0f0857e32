import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PropletView, Registered } from '../api.ts'
import { type Client, createClient, path } from '../client.ts'
import type { Io } from '../io.ts'
import { type Program, startProgram } from '../programs.ts'
import { until } from '../until.ts'
import { deathOf, flags, quietly, type Site, type Stage } from './stage.ts'

/** What is brought onto the stage beside the manager. */

const ALIVE_MS = 1_000
const SLOTS = 2

/** A proplet with a token of its own and the label `demo=ID`. */
export async function startProplet(
  site: Site,
  { client, broker }: Pick<Stage, 'client' | 'broker'>,
  id: string,
  more: readonly string[] = [],
): Promise<Program> {
  const { token } = await client.post(Registered, '/v1/proplets', { id, labels: { demo: id } })
  const tokenFile = join(site.dir, `${id}.token`)
  writeFileSync(tokenFile, token, { mode: 0o600 })
  const settings = { id, broker, 'token-file': tokenFile, data: join(site.dir, id), slots: SLOTS, 'alive-ms': ALIVE_MS }
  const program = await startProgram(site.io, 'proplet', [...flags(settings), ...more], quietly(site))
  site.programs.push(program)
  return program
}

export const heard = (io: Io, client: Client, id: string): Promise<true> =>
  until(io, { what: `proplet ${id} being heard` }, async () => {
    const { liveness } = await client.get(PropletView, path`/v1/proplets/${id}`)
    return liveness === 'on-time' || undefined
  })

export async function addProplet(io: Io, stage: Stage, id: string, more: readonly string[]): Promise<void> {
  await startProplet(stage.site, stage, id, more)
  await heard(io, stage.client, id)
}

export type LabPlace = { readonly client: Client; readonly socket: string }

/** The lab says on its first line where it listens. */
export async function startLab(io: Io, { site }: Stage, file: string): Promise<LabPlace> {
  const told = Promise.withResolvers<string>()
  const socket = join(site.dir, 'lab.sock')
  const { env, onLine } = quietly(site)
  const listen = (line: string) => {
    onLine(line)
    const url = /^lab \S+: socket .*, (http:\S+)$/.exec(line)?.[1]
    if (url) told.resolve(url)
  }
  const program = await startProgram(io, 'lab', [file, ...flags({ socket, 'http-port': 0 })], { env, onLine: listen })
  site.programs.push(program)
  return { client: createClient({ url: await Promise.race([told.promise, deathOf(program)]) }, io.clock), socket }
}
