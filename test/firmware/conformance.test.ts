import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fetchProfile } from '../../proplet/hal/drivers/sim/index.ts'
import { Transcript } from '../../shared/documents/transcript.ts'
import { type ConformanceRow, conformanceRows, difference, labFile, linesOf } from '../contract/conformance.ts'
import { grantsOf, plain, prepare } from '../contract/conformance-run.ts'
import { type Cell, openCell } from '../support/cell.ts'
import { agentProgram } from './agent.ts'
import { BUILD_MS, noAgentTools } from './builds.ts'

/** The table of test/contract on the C agent: a job for each row, its devices in the virtual lab, its record compared. */

const ROW_MS = 30_000
const rows = conformanceRows.filter(({ only }) => only !== 'linux')

const nameOf = (guest: string): string => (guest.split('/').at(-1) ?? '').replace('.wasm', '')

/** Undefined where the record agrees as far as it goes: an agent keeps a bounded one, and says how much it left out. */
function disagreement({ bus }: ConformanceRow, transcript: Transcript): string | undefined {
  const lines = linesOf(transcript)
  const found = difference(bus, lines)
  const isCut = (transcript.dropped ?? 0) > 0 && found?.startsWith(`line ${lines.length + 1} is missing`)
  return isCut ? undefined : found
}

async function recorded(cell: Cell, task: string): Promise<Transcript> {
  const answer = await fetch(`${cell.manager.url}/v1/tasks/${task}/transcript`, {
    headers: { accept: 'application/cbor' },
  })
  return Transcript.decode(new Uint8Array(await answer.arrayBuffer()))
}

describe.skipIf(noAgentTools)('guests on the C agent put on the bus what the data sheets say', () => {
  test(
    'each row of the table: the same bytes, the same result',
    async () => {
      const cell = await openCell({ lab: labFile })
      const { json } = await cell.manager.post('/v1/proplets', { id: 'mcu-1' })
      const tokenFile = join(cell.dir, 'mcu-1.token')
      writeFileSync(tokenFile, json.token)
      const broker = `mqtt://127.0.0.1:${cell.manager.mqttPort}`
      const agent = await agentProgram({
        id: 'mcu-1',
        broker,
        tokenFile,
        data: join(cell.dir, 'mcu-1'),
        lab: cell.socket,
      })
      await agent.start()
      onTestFinished(() => agent.kill('SIGKILL'))
      const { devices } = await fetchProfile(cell.socket, 'mcu-1')
      // The agent has no usb.
      const profile = devices.filter(({ kind }) => kind !== 'usb')
      for (const guest of new Set(rows.map((row) => row.guest)))
        await cell.upload(nameOf(guest), readFileSync(new URL(`../../${guest}`, import.meta.url)))

      const found: string[] = []
      const cut: string[] = []
      for (const row of rows) {
        const name = nameOf(row.guest)
        prepare(row, cell.lab)
        await cell.manager.request('PUT', `/v1/functions/${name}/versions/latest/grants`, {
          body: { grants: grantsOf(row, profile) },
        })
        const job = { function: name, export: row.export, args: row.args, proplet: 'mcu-1', record: true }
        const submitted = await cell.submit(job)
        const answer = await submitted.ended()
        const wrong = (what: string) => found.push(`${row.name}: ${what}: ${JSON.stringify(answer)}`)
        if (answer.outcome !== 'completed') {
          wrong('did not complete')
          continue
        }
        const transcript = await recorded(cell, submitted.task)
        const differs = disagreement(row, transcript)
        if (differs !== undefined) wrong(differs)
        if (transcript.dropped) cut.push(row.name)
        if ((answer.refusals ?? 0) !== (row.refusals ?? 0)) wrong(`expected ${row.refusals ?? 0} refusals`)
        const value = plain(answer.value)
        if (row.fails === undefined) {
          if (JSON.stringify(value ?? null) !== JSON.stringify(row.value ?? null))
            wrong(`expected ${JSON.stringify(row.value)}`)
        } else if (!(row.fails in ((value as { err?: object })?.err ?? {}))) wrong(`expected the error ${row.fails}`)
      }
      expect(found).toEqual([])
      expect(cut).toEqual(['an EEPROM writes over the end of a page and acknowledges nothing meanwhile'])
      expect(rows.length).toBeGreaterThan(30)
    },
    BUILD_MS + rows.length * ROW_MS,
  )
})
