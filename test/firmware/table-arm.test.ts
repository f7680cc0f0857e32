import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createInspector } from '../../manager/modules/inspector.ts'
import type { Inspection } from '../../manager/services/functions.ts'
import { fetchProfile } from '../../proplet/hal/drivers/sim/index.ts'
import type { DeviceSpec } from '../../proplet/hal/profile.ts'
import type { Lab } from '../../proplet/lab/lab.ts'
import { startLab } from '../../proplet/lab/start.ts'
import { decodeItem, encodeItem, type Item } from '../../shared/cbor.ts'
import { realClock } from '../../shared/clock.ts'
import { Grants } from '../../shared/documents/grants.ts'
import { Transcript } from '../../shared/documents/transcript.ts'
import { parseSignature } from '../../shared/signature.ts'
import { argsFromJson, toJson } from '../../shared/values.ts'
import { type ConformanceRow, labFile } from '../contract/conformance.ts'
import { grantsOf, plain, prepare } from '../contract/conformance-run.ts'
import { quiet } from '../support/quiet.ts'
import { BUILD_MS, built, noAgentTools, noArmTools } from './builds.ts'
import { Frames } from './differential/frames.ts'
import { disagreement, rows, wrongValue } from './table.ts'
import { seenOtherwise } from './wires.ts'

/** The table of test/contract on the C agent's store, runtime and drivers, where there is no connection to a manager. */

const TIMEOUT_MS = 10_000
const MAX_VALUE_BYTES = 4_096

const inspector = createInspector({ clock: realClock })
const guests = new Map<string, Promise<Inspection>>()
afterAll(() => inspector.close())

function inspected(guest: string): Promise<Inspection> {
  const known = guests.get(guest) ?? inspector.inspect(readFileSync(new URL(`../../${guest}`, import.meta.url)))
  guests.set(guest, known)
  return known
}

/** What a C proplet would load. */
function imageOf({ manifest, images }: Inspection): Uint8Array {
  const small = manifest.images.find(({ format }) => format === 'lowered-core')
  const bytes = small && images.get(small.digest)
  if (bytes === undefined) throw new Error('the guest has no image for the C agent')
  return bytes
}

for (const variant of ['tests', 'arm'] as const)
  describe.skipIf(variant === 'arm' ? noArmTools : noAgentTools)(`the table of test/contract: ${variant}`, () => {
    let lab: Lab
    let closeLab: () => Promise<void>
    let profile: readonly DeviceSpec[]
    let program: Frames

    beforeAll(async () => {
      const folder = mkdtempSync(join(tmpdir(), 'samara-table-'))
      const socket = join(folder, 'lab.sock')
      const started = await startLab({ file: labFile, socket, clock: realClock, log: quiet })
      lab = started.lab
      profile = (await fetchProfile(socket, 'mcu-1')).devices.filter(({ kind }) => kind !== 'usb')
      const command = join(await built(variant), 'tests', 'run-call-devices')
      const emulated = variant === 'arm' ? ['qemu-arm-static', command] : [command]
      program = new Frames([...emulated, folder, socket, 'mcu-1'])
      closeLab = async () => {
        expect(await program.close()).toBe(0)
        await started.close()
        rmSync(folder, { recursive: true, force: true })
      }
    }, BUILD_MS)
    afterAll(() => closeLab())

    test.each(rows)('$name', async (row) => {
      prepare(row, lab)
      lab.trace.clear()
      const { transcript, refusals, value } = await run(row)
      expect(disagreement(row, transcript)).toBeUndefined()
      expect(seenOtherwise(row, profile, lab.trace.wires('i2c-0'))).toBeUndefined()
      expect(refusals).toBe(row.refusals ?? 0)
      expect(wrongValue(row, value)).toBeUndefined()
    })

    async function run(row: ConformanceRow) {
      const guest = await inspected(row.guest)
      const text = guest.manifest.exports.find(({ name }) => name === row.export)?.signature ?? ''
      const signature = parseSignature(text)
      const fields = await program.ask(
        new Map<number, Item>([
          [1, imageOf(guest)],
          [2, row.export],
          [3, text],
          [4, encodeItem([...argsFromJson(signature, row.args)])],
          [5, TIMEOUT_MS],
          [6, Grants.encode({ grants: grantsOf(row, profile) })],
        ]),
      )
      const [outcome, message] = [fields.get(1), fields.get(3)]
      expect({ outcome, message }).toEqual({ outcome: 'completed', message: '' })
      const encoded = fields.get(6)
      const value =
        encoded instanceof Uint8Array && signature.result
          ? toJson(signature.result, decodeItem(encoded, { bytes: MAX_VALUE_BYTES }))
          : undefined
      return {
        transcript: Transcript.decode(fields.get(5) as Uint8Array),
        refusals: Number(fields.get(4)),
        value: plain(value),
      }
    }
  })
