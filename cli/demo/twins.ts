import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Transcript } from '../../shared/documents/transcript.ts'
import { isSamaraError, SamaraError } from '../../shared/errors.ts'
import { Registered, SubmittedView } from '../api.ts'
import { path } from '../client.ts'
import { agentProgram } from '../firmware/build-agent.ts'
import { agentTools, installTools } from '../firmware/tools.ts'
import type { Io } from '../io.ts'
import { startFile } from '../programs.ts'
import { heard } from './props.ts'
import { flags, quietly, type Stage } from './stage.ts'

/** One function, registered once, called on a Linux proplet and on the C agent: the same result, the same bytes on the bus. */

const AGENT = 'gateway-1'
const GRACE_MS = 5_000

/** What a call gave, and what it did on its buses. */
export type Call = { readonly value: string; readonly bus: readonly string[] }

/** Undefined, after it was said why, where the C agent cannot be built here. */
export async function callOnAgent(
  io: Io,
  stage: Stage,
  lab: string,
  say: (text: string) => void,
): Promise<Call | undefined> {
  const file = await builtAgent(say)
  if (file === undefined) return undefined
  const { site, client, broker } = stage
  const { token } = await client.post(Registered, '/v1/proplets', { id: AGENT, labels: { demo: AGENT } })
  const tokenFile = join(site.dir, `${AGENT}.token`)
  writeFileSync(tokenFile, token, { mode: 0o600 })
  const settings = { id: AGENT, broker, 'token-file': tokenFile, data: join(site.dir, AGENT), lab }
  const program = await startFile(io, file, flags(settings), quietly(site))
  site.programs.push(program)
  await heard(io, client, AGENT)
  say(`started ${AGENT}, the C agent: WAMR in one program of a gateway's size`)
  const call = await callOn(stage, AGENT)
  // Its outputs are free for the other.
  await program.stop(GRACE_MS)
  return call
}

async function builtAgent(say: (text: string) => void): Promise<string | undefined> {
  try {
    installTools(agentTools, say)
    return await agentProgram({ note: say })
  } catch (error) {
    if (!isSamaraError(error)) throw error
    say(`left out: ${error.message}`)
    return undefined
  }
}

/** Runs the thermostat there once. */
export async function callOn({ client }: Stage, proplet: string): Promise<Call> {
  const body = { key: randomUUID(), function: 'thermostat', proplet, record: true }
  const { results } = await client.post(SubmittedView, '/v1/jobs', body, { query: { wait: 20_000 } })
  const [answer] = results ?? []
  if (answer?.outcome !== 'completed' || answer.task === undefined)
    throw new SamaraError(
      'FAILED_PRECONDITION',
      `thermostat on ${proplet}: ${answer?.outcome}, ${answer?.error?.message}`,
    )
  const headers = { accept: 'application/cbor' }
  const transcript = Transcript.decode(await client.bytes(path`/v1/tasks/${answer.task}/transcript`, { headers }))
  return { value: JSON.stringify(answer.value), bus: busOf(transcript) }
}

/** Operations with the bytes that went both ways; a status that is asked for again and again counts once. */
function busOf({ devices, rows }: Transcript): string[] {
  const lines = rows.map(({ device, op, target, level, segments, data, answerLevel, error }) => {
    const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')
    const sent = (segments ?? []).map(({ kind, bytes, length }) => `${kind} ${bytes ? hex(bytes) : length}`)
    return JSON.stringify([devices[device]?.device, op, target, level, sent, (data ?? []).map(hex), answerLevel, error])
  })
  return lines.filter((line, index) => line !== lines[index - 1])
}

export function compare(linux: Call, agent: Call, say: (text: string) => void): void {
  const at = linux.bus.findIndex((line, index) => line !== agent.bus[index])
  if (linux.value !== agent.value || linux.bus.length !== agent.bus.length || at >= 0)
    throw new SamaraError(
      'FAILED_PRECONDITION',
      `thermostat: ${linux.value} on Linux, ${agent.value} on ${AGENT}; first different operation: ${linux.bus[at]}, ${agent.bus[at]}`,
    )
  say(`called thermostat on V8 and on WAMR: the same result, and the same bytes in ${linux.bus.length} operations`)
}
