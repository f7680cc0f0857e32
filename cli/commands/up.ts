import { existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { toSamaraError } from '../../shared/errors.ts'
import { PropletView } from '../api.ts'
import { type Client, createClient, path } from '../client.ts'
import { act, describe, type Host } from '../command.ts'
import { LOCAL_PROPLET, type LocalProplet, operatorToken, registerLocal } from '../local-proplet.ts'
import { errorLine } from '../problem.ts'
import { type ManagerPlace, runManager, settingsText, startProgram } from '../programs.ts'
import { endpointAt, type GlobalOptions, type Session } from '../session.ts'
import { supervise } from '../supervise.ts'
import { until } from '../until.ts'

/** Above the time that the proplet itself allows for its drain. */
const PROPLET_GRACE_MS = 20_000
const LAB_GRACE_MS = 2_000

export function up(parent: Command, host: Host): void {
  const command = describe(parent, 'up [settings...]', {
    summary: 'run everything on this machine: manager, MQTT broker and one proplet',
    more: [
      'HTTP on 127.0.0.1:7070, MQTT on 127.0.0.1:1883, data in ./data. Ctrl-C stops all of it.',
      'Flags after `up` are settings of the manager; those after -- are settings of the proplet.',
    ].join('\n'),
    examples: [
      ['samara up', 'then, elsewhere: samara run add.wasm --export add 2 3'],
      ['samara up --http-port 8080 --data /var/lib/samara', 'elsewhere on this machine'],
      ['samara up --log-level info -- --slots 4 --labels site=home', 'with settings of the proplet'],
      ['samara up --lab examples/lab/cell.lab.yaml', 'with simulated hardware: see samara lab'],
    ],
  })
  command
    .option('--lab <file>', 'run this lab too, and let the proplet use its devices')
    .allowUnknownOption()
    .addHelpText('after', () => `\nSettings of the manager\n${settingsText('manager')}`)
  act<[string[]], { readonly lab?: string }>(command, host, (session, { lab }) => {
    const { before, after } = splitAtDashes(host.args.slice(host.args.indexOf('up') + 1))
    const args = { manager: withoutLab(before), proplet: after, lab }
    return runUp(session, command.optsWithGlobals() as GlobalOptions, args)
  })
}

/** The manager is handed its settings as they stand on the command line. */
function withoutLab(args: readonly string[]): readonly string[] {
  const at = args.findIndex((arg) => arg === '--lab' || arg.startsWith('--lab='))
  return at < 0 ? args : args.toSpliced(at, args[at] === '--lab' ? 2 : 1)
}

/** Commander forgets where `--` was. */
function splitAtDashes(args: readonly string[]): { before: readonly string[]; after: readonly string[] } {
  const at = args.indexOf('--')
  return at < 0 ? { before: args, after: [] } : { before: args.slice(0, at), after: args.slice(at + 1) }
}

type Args = {
  readonly manager: readonly string[]
  readonly proplet: readonly string[]
  readonly lab: string | undefined
}

/** The manager in this process, the proplet in one of its own. The proplet drains first, then the manager ends. */
async function runUp(session: Session, globals: GlobalOptions, args: Args): Promise<number> {
  const { io } = session
  const managerStop = new AbortController()
  const propletStop = new AbortController()
  const { promise: isReady, resolve: ready } = Promise.withResolvers<ManagerPlace>()
  const manager = runManager(io, quietly(session, args.manager), { signal: managerStop.signal, ready })
  const asked = new Promise<'asked'>((resolve) => {
    if (io.signal.aborted) resolve('asked')
    io.signal.addEventListener('abort', () => resolve('asked'), { once: true })
  })
  let proplet: Promise<void> | undefined
  let lab: Promise<void> | undefined
  try {
    const place = await Promise.race([isReady, manager, asked])
    if (typeof place === 'number') return place
    if (place === 'asked') return 0
    const token = operatorToken(place.data)
    const client = createClient({ ...(token && { token }), ...endpointAt(io, globals), url: place.url }, io.clock)
    const local = await registerLocal(client, place.data)
    const socket = resolve(place.data, 'lab.sock')
    if (args.lab !== undefined) {
      lab = keepLab(session, { file: args.lab, socket, signal: managerStop.signal })
      await Promise.race([
        asked,
        until(io, { what: `lab ${args.lab} listening` }, async () => existsSync(socket) || undefined),
      ])
    }
    const more = lab ? ['--lab', socket, ...args.proplet] : args.proplet
    proplet = keepProplet(session, place, { local, args: more, signal: propletStop.signal })
    session.note(`Samara is up: ${place.url} and ${place.broker}, data in ${place.data}. Ctrl-C stops it.`)
    void heard(session, client).catch(
      (error: unknown) => io.signal.aborted || session.note(errorLine(toSamaraError(error))),
    )
    const end = await Promise.race([manager, asked])
    return end === 'asked' ? 0 : end
  } finally {
    propletStop.abort()
    await proplet
    managerStop.abort()
    await lab
    await manager
  }
}

/** Says when work can be done. */
async function heard(session: Session, client: Client): Promise<void> {
  const what = `proplet ${LOCAL_PROPLET} being heard`
  const liveness = await until(session.io, { what }, async () => {
    const one = await client.get(PropletView, path`/v1/proplets/${LOCAL_PROPLET}`)
    return one.liveness === 'on-time' ? one.liveness : undefined
  })
  session.note(`proplet ${LOCAL_PROPLET} is ${liveness}`)
}

/** At a terminal, what goes well is not worth a line; who wants it asks for it. */
const quietly = (session: Session, args: readonly string[]): readonly string[] =>
  session.io.env.SAMARA_LOG_LEVEL ? args : ['--log-level', 'warn', ...args]

type KeepLab = { readonly file: string; readonly socket: string; readonly signal: AbortSignal }

/** Ends after the proplet, which leaves its outputs in their safe states. */
const keepLab = (session: Session, { file, socket, signal }: KeepLab): Promise<void> => {
  // One that was left behind is no lab.
  rmSync(socket, { force: true })
  return supervise(session.io, {
    start: () => startProgram(session.io, 'lab', [file, '--socket', socket]),
    signal,
    note: session.note,
    graceMs: LAB_GRACE_MS,
  })
}

type Keep = { readonly local: LocalProplet; readonly args: readonly string[]; readonly signal: AbortSignal }

function keepProplet(session: Session, place: ManagerPlace, { local, args, signal }: Keep): Promise<void> {
  const { tokenFile, dataDir } = local
  const own = ['--id', LOCAL_PROPLET, '--broker', place.broker, '--token-file', tokenFile, '--data', dataDir]
  return supervise(session.io, {
    // A token in the environment is the user's, and the proplet would take it for its own.
    start: () =>
      startProgram(session.io, 'proplet', quietly(session, [...own, ...args]), { env: { SAMARA_TOKEN: '' } }),
    signal,
    note: session.note,
    graceMs: PROPLET_GRACE_MS,
  })
}
