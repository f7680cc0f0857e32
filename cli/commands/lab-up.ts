import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { SamaraError } from '../../shared/errors.ts'
import { PropletView, Registered } from '../api.ts'
import { type Client, createClient, path } from '../client.ts'
import { act, describe, type Host } from '../command.ts'
import { deployThermostat, followed, uploadThermostat, warmAndCool } from '../demo/thermostat.ts'
import { BoardAnswer, LabAnswer } from '../lab.ts'
import { operatorToken } from '../local-proplet.ts'
import { endedText, type ManagerPlace, type Program, runManager, runToEnd, startProgram } from '../programs.ts'
import { endpointAt, type GlobalOptions, type Session } from '../session.ts'
import { until } from '../until.ts'

/** A lab with simulated boards, and all that makes proplets of them. */

const LAB_GRACE_MS = 10_000
const HEARD_MS = 120_000
const EVERY_MS = 1_000

type Flags = { readonly try?: boolean; readonly data: string; readonly httpPort: string; readonly mqttPort: string }

export function up(parent: Command, host: Host): void {
  const command = describe(parent, 'up <file>', {
    summary: 'run a lab with its simulated boards, a manager and a broker, until stopped',
    more: [
      'Each board is registered, told its broker and its token, and is a proplet from then on.',
      'Ends with 3 and one line where something that a board needs is not installed.',
    ].join('\n'),
    examples: [
      ['samara lab up firmware/renode/nucleo_h753zi.lab.yaml', 'a board in Renode; then: samara proplets list'],
      ['samara lab up examples/lab/boards.lab.yaml --try', 'runs the thermostat on the first board, and ends'],
    ],
  })
  command
    .option('--try', 'run the thermostat on the first board, warm and cool it, and end')
    .option('--data <folder>', 'where the manager keeps its data', './data')
    .option('--http-port <port>', 'of the manager; 0 takes a free one', '7070')
    .option('--mqtt-port <port>', 'of the broker; 0 takes a free one', '1883')
  act<[string], Flags>(command, host, async (session, flags, file) => {
    const missing = await runToEnd(session.io, 'lab', [file, '--boards', 'check'])
    return missing === 0 ? runUp(session, command.optsWithGlobals() as GlobalOptions, flags, file) : missing
  })
}

/** The boards end first, then the manager. */
async function runUp(session: Session, globals: GlobalOptions, flags: Flags, file: string): Promise<number> {
  const { io } = session
  const stop = new AbortController()
  const { promise: isReady, resolve: ready } = Promise.withResolvers<ManagerPlace>()
  const settings = ['--http-port', flags.httpPort, '--mqtt-port', flags.mqttPort, '--data', flags.data]
  const manager = runManager(io, ['--log-level', 'warn', ...settings], { signal: stop.signal, ready })
  const asked = new Promise<'asked'>((resolve) => {
    if (io.signal.aborted) resolve('asked')
    io.signal.addEventListener('abort', () => resolve('asked'), { once: true })
  })
  let lab: Lab | undefined
  try {
    const place = await Promise.race([isReady, manager, asked])
    if (typeof place === 'number') return place
    if (place === 'asked') return 0
    const token = operatorToken(place.data)
    const client = createClient({ ...(token && { token }), ...endpointAt(io, globals), url: place.url }, io.clock)
    lab = await startLab(session, place, file)
    const end = Promise.race([died(lab.program), manager, asked])
    // Nobody may be waiting for it any more when it comes.
    end.catch(() => undefined)
    const work = tryBoards(session, { client, lab, place, isTry: flags.try === true })
    work.catch(() => undefined)
    const done = await Promise.race([end, work.then(() => (flags.try ? 0 : end))])
    return done === 'asked' ? 0 : done
  } finally {
    await lab?.program.stop(LAB_GRACE_MS)
    stop.abort()
    await manager
  }
}

type Trying = { readonly client: Client; readonly lab: Lab; readonly place: ManagerPlace; readonly isTry: boolean }

async function tryBoards(session: Session, { client, lab, place, isTry }: Trying): Promise<void> {
  const boards = await startBoards(session, client, lab, place)
  if (isTry) await tryOut(session, client, lab, boards)
}

type Lab = { readonly program: Program; readonly client: Client; readonly tokens: string }

/** Its boards wait until their proplets are registered. */
async function startLab({ io, note }: Session, place: ManagerPlace, file: string): Promise<Lab> {
  const tokens = join(place.data, 'boards')
  const socket = join(place.data, 'lab.sock')
  const { promise: told, resolve } = Promise.withResolvers<string>()
  const onLine = (line: string) => {
    const url = /^lab \S+: socket .*, (http:\S+)$/.exec(line)?.[1]
    if (url) resolve(url)
    else note(line)
  }
  const args = [file, '--socket', socket, '--broker', place.broker, '--boards', 'wait', '--board-tokens', tokens]
  const program = await startProgram(io, 'lab', args, { onLine })
  const url = await Promise.race([told, died(program)])
  return { program, client: createClient({ url }, io.clock), tokens }
}

const died = async (program: Program): Promise<never> => {
  throw new SamaraError('UNAVAILABLE', `the lab ended (${endedText(await program.ended)})`)
}

type Board = NonNullable<LabAnswer['boards']>[number]

/** Resolves when all of them are heard. */
async function startBoards(
  { io, note }: Session,
  client: Client,
  { client: lab, tokens }: Lab,
  place: ManagerPlace,
): Promise<readonly Board[]> {
  const { boards = [] } = await lab.get(LabAnswer, '/v1/lab')
  if (boards.length === 0)
    throw new SamaraError('FAILED_PRECONDITION', 'the lab file has no boards: samara up --lab FILE runs it')
  mkdirSync(tokens, { recursive: true, mode: 0o700 })
  for (const { name, proplet } of boards) {
    const { token } = await client.post(Registered, '/v1/proplets', { id: proplet, labels: { board: name } })
    writeFileSync(join(tokens, proplet), `${token}\n`, { mode: 0o600 })
  }
  note(`Samara is up: ${place.url} and ${place.broker}, lab ${lab.url}. Ctrl-C stops it.`)
  await Promise.all(
    boards.map(async ({ name, kind, proplet }) => {
      note(`board ${name} starts, simulated by ${kind}`)
      await lab.post(BoardAnswer, `${path`/v1/boards/${name}`}/start`, {})
      await until(io, { what: `proplet ${proplet} being heard`, patienceMs: HEARD_MS }, async () => {
        const { liveness } = await client.get(PropletView, path`/v1/proplets/${proplet}`)
        return liveness === 'on-time' || undefined
      })
      note(`board ${name} is proplet ${proplet}`)
    }),
  )
  return boards
}

/** The thermostat on the first board. */
async function tryOut(session: Session, client: Client, lab: Lab, [board]: readonly Board[]): Promise<void> {
  if (!board) return
  const { io, note } = session
  const thermostat = await uploadThermostat(client)
  await deployThermostat(io, client, thermostat, { selector: `board=${board.name}`, everyMs: EVERY_MS, say: note })
  await warmAndCool((celsius) => followed(io, lab.client, celsius), note)
  note(`the thermostat runs on board ${board.name}`)
}
