import type { Command } from 'commander'
import { createClient } from '../client.ts'
import { act, describe, type Host } from '../command.ts'
import { LOCAL_PROPLET, type LocalProplet, registerLocal } from '../local-proplet.ts'
import { type ManagerPlace, managerPlace } from '../manager-settings.ts'
import { endedText, type Program, settingsText, startProgram } from '../programs.ts'
import { managerReady } from '../ready.ts'
import type { GlobalOptions, Session } from '../session.ts'
import { endpointAt } from '../session.ts'
import { supervise } from '../supervise.ts'

/** The proplet drains first, then the manager ends. */
const PROPLET_GRACE_MS = 15_000
const MANAGER_GRACE_MS = 15_000

export function up(parent: Command, host: Host): void {
  const command = describe(parent, 'up [settings...]', {
    summary: 'run everything on this machine: manager, MQTT broker and one proplet',
    more: [
      'HTTP on 127.0.0.1:7070, MQTT on 127.0.0.1:1883, data in ./data. Ctrl-C stops all of it.',
      'Flags are settings of the manager; those after -- are settings of the proplet.',
    ].join('\n'),
    examples: [
      ['samara up', 'then, elsewhere: samara run add.wasm --export add 2 3'],
      ['samara up --http-port 8080 --data /var/lib/samara', 'elsewhere on this machine'],
      ['samara up -- --slots 4 --labels site=home', 'with settings of the proplet'],
    ],
  })
  command.allowUnknownOption().addHelpText('after', () => `\nSettings of the manager\n${settingsText('manager')}`)
  act<[string[]], object>(command, host, async (session) => {
    const { before, after } = splitAtDashes(host.args.slice(host.args.indexOf('up') + 1))
    return runUp(session, command.optsWithGlobals() as GlobalOptions, before, after)
  })
}

/** Commander forgets where `--` was. */
function splitAtDashes(args: readonly string[]): { before: readonly string[]; after: readonly string[] } {
  const at = args.indexOf('--')
  return at < 0 ? { before: args, after: [] } : { before: args.slice(0, at), after: args.slice(at + 1) }
}

async function runUp(
  session: Session,
  globals: GlobalOptions,
  managerArgs: readonly string[],
  propletArgs: readonly string[],
): Promise<number> {
  const { io } = session
  const place = managerPlace(managerArgs, io)
  const client = createClient({ ...endpointAt(io, globals), url: place.url }, io.clock)
  const manager = await startProgram(io, 'manager', managerArgs)
  const stopping = new AbortController()
  io.signal.addEventListener('abort', () => stopping.abort(), { once: true })
  let proplet: Promise<void> | undefined
  try {
    await managerReady(io, client, manager)
    const local = await registerLocal(client, place.dataDir)
    proplet = keepProplet(session, place, local, propletArgs, stopping.signal)
    session.note(`Samara is up: ${place.url} and ${place.broker}, data in ${place.dataDir}. Ctrl-C stops it.`)
    return await untilStopped(session, manager, stopping.signal)
  } finally {
    stopping.abort()
    await proplet
    await manager.stop(MANAGER_GRACE_MS)
  }
}

/** 0 when somebody asked for the end, 1 when the manager ended by itself. */
async function untilStopped(session: Session, manager: Program, signal: AbortSignal): Promise<number> {
  const asked = new Promise<'asked'>((resolve) => signal.addEventListener('abort', () => resolve('asked')))
  const end = await Promise.race([manager.ended, asked])
  if (end === 'asked') return 0
  session.note(`the manager ended (${endedText(end)})`)
  return 1
}

function keepProplet(
  session: Session,
  place: ManagerPlace,
  local: LocalProplet,
  args: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const own = [
    '--id',
    LOCAL_PROPLET,
    '--broker',
    place.broker,
    '--token-file',
    local.tokenFile,
    '--data',
    local.dataDir,
  ]
  return supervise(session.io, {
    // A token in the environment is the user's, and the proplet would take it for its own.
    start: () => startProgram(session.io, 'proplet', [...own, ...args], { env: { SAMARA_TOKEN: '' } }),
    signal,
    note: session.note,
    graceMs: PROPLET_GRACE_MS,
  })
}
