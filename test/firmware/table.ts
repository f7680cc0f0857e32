import { readFileSync } from 'node:fs'
import type { DeviceSpec } from '../../proplet/hal/profile.ts'
import { Transcript } from '../../shared/documents/transcript.ts'
import { type ConformanceRow, conformanceRows, difference, linesOf } from '../contract/conformance.ts'
import { grantsOf, plain } from '../contract/conformance-run.ts'

/** The table of test/contract as jobs of a manager: a function for each guest, a task for each row. */

/** What the C agent has; its interfaces are a microcontroller's. */
export const rows = conformanceRows.filter(({ only }) => only !== 'linux')

const nameOf = (guest: string): string => (guest.split('/').at(-1) ?? '').replace('.wasm', '')

export type Jobs = {
  /** Of the manager's HTTP API. */
  readonly url: string
  readonly proplet: string
  readonly profile: readonly DeviceSpec[]
}

/** What is wrong with a row, and whether the agent's record of it was too short for all of it. */
export type RowEnd = { readonly wrong: readonly string[]; readonly cut: boolean }

async function ask(url: string, method: string, path: string, body: Uint8Array | object): Promise<unknown> {
  const isBytes = body instanceof Uint8Array
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': isBytes ? 'application/wasm' : 'application/json' },
    body: isBytes ? Buffer.from(body) : JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return JSON.parse(text)
}

/** Uploads the guests of all rows. */
export async function uploadGuests({ url }: Jobs): Promise<void> {
  for (const guest of new Set(rows.map((row) => row.guest))) {
    const module = readFileSync(new URL(`../../${guest}`, import.meta.url))
    await ask(url, 'POST', `/v1/functions/${nameOf(guest)}`, module)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests look where they like
type Ended = any

/** Runs a row as a task that is recorded. Properties and faults have been set before. */
export async function runAsJob(row: ConformanceRow, { url, proplet, profile }: Jobs): Promise<RowEnd> {
  const name = nameOf(row.guest)
  await ask(url, 'PUT', `/v1/functions/${name}/versions/latest/grants`, { grants: grantsOf(row, profile) })
  const job = { key: crypto.randomUUID(), function: name, export: row.export, args: row.args, proplet, record: true }
  let answer: Ended
  let task = ''
  while (answer === undefined) {
    const said = (await ask(url, 'POST', '/v1/jobs?wait=30000', job)) as Ended
    task = said.tasks?.[0]?.id ?? said.results?.[0]?.task ?? task
    answer = said.results?.[0]
  }
  if (answer.outcome !== 'completed') return { wrong: [`did not complete: ${JSON.stringify(answer)}`], cut: false }
  const transcript = await recorded(url, task)
  const wrong = [
    disagreement(row, transcript),
    (answer.refusals ?? 0) === (row.refusals ?? 0) ? undefined : `expected ${row.refusals ?? 0} refusals`,
    wrongValue(row, plain(answer.value)),
  ].filter((one) => one !== undefined)
  return { wrong: wrong.map((one) => `${one}: ${JSON.stringify(answer)}`), cut: (transcript.dropped ?? 0) > 0 }
}

async function recorded(url: string, task: string): Promise<Transcript> {
  const answer = await fetch(`${url}/v1/tasks/${task}/transcript`, { headers: { accept: 'application/cbor' } })
  return Transcript.decode(new Uint8Array(await answer.arrayBuffer()))
}

/** Undefined where the record agrees as far as it goes: an agent keeps a bounded one, and says how much it left out. */
export function disagreement({ bus }: ConformanceRow, transcript: Transcript): string | undefined {
  const lines = linesOf(transcript)
  const found = difference(bus, lines)
  const isCut = (transcript.dropped ?? 0) > 0 && found?.startsWith(`line ${lines.length + 1} is missing`)
  return isCut ? undefined : found
}

export function wrongValue({ fails, value: expected }: ConformanceRow, value: unknown): string | undefined {
  if (fails !== undefined)
    return fails in ((value as { err?: object } | undefined)?.err ?? {}) ? undefined : `expected the error ${fails}`
  const same = JSON.stringify(value ?? null) === JSON.stringify(expected ?? null)
  return same ? undefined : `expected ${JSON.stringify(expected)}`
}
