import { readFileSync } from 'node:fs'
import { componentNew } from '@bytecodealliance/jco-transpile/wasm-tools'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createHal } from '../../../proplet/hal/hardware.ts'
import { loadProfile } from '../../../proplet/hal/load-profile.ts'
import type { Grant } from '../../../shared/capabilities.ts'
import { realClock } from '../../../shared/clock.ts'
import type { Manifest } from '../../../shared/documents/manifest.ts'
import type { Transcript } from '../../../shared/documents/transcript.ts'
import { signatureText } from '../../../shared/signature.ts'
import { describeComponent } from '../../../shared/wasm/component.ts'
import { functionDigest } from '../../../shared/wasm/interface-digest.ts'
import { quiet } from '../../support/quiet.ts'
import { started } from '../lab/running.ts'
import { rig, type Subject, subject } from '../runtime/fixtures.ts'
import { never } from './support.ts'

const examples = new URL('../../../examples/', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, examples))

async function thermostat(): Promise<Subject> {
  const component = await componentNew(read('thermostat/thermostat.wasm'), [])
  const { exports, imports } = describeComponent(component)
  const signatures = exports.map((one) => [one.name, signatureText(one.signature)] as const)
  const made = subject(component, 'component', Object.fromEntries(signatures))
  const rows = imports.flatMap(({ module, functions }) =>
    functions.map((one): Manifest['imports'][number] => ({
      module,
      name: one.name,
      signature: signatureText(one.signature),
      digest: functionDigest(module, one.name, one.signature),
    })),
  )
  return { ...made, manifest: { ...made.manifest, imports: rows } }
}

const grants: Grant[] = [
  { device: 'line1-temp', kind: 'i2c', access: 'read-write', addresses: [0x76], maxBytes: 32 },
  { device: 'motor-1', kind: 'gpio', access: 'read-write' },
]

/** The cell's lab, a proplet's hardware in it, and a runtime. */
async function cell() {
  const { lab, socket } = await started({ yaml: read('lab/cell.lab.yaml').toString('utf8') })
  const loaded = await loadProfile({ propletId: 'edge-1', profile: undefined, lab: socket }, readFileSync)
  const hal = await createHal({ ...loaded, interfaces: [], clock: realClock, log: quiet, guard: false })
  const { call, close } = rig()
  onTestFinished(async () => {
    await close()
    await hal.close()
  })
  const guest = await thermostat()
  const set = (celsius: number) => lab.part('line1-temp').set('temperature', celsius)
  const isOn = () => lab.part('motor-1').get('closed')
  const run = async (given: { grants: Grant[]; replay?: Transcript }, look = () => {}) => {
    const session = await hal.open({ holder: 'task t-1', record: true, ...given })
    const begun = await session.begin(never)
    const result = await call(guest, { bus: session.bus })
    look()
    const report = await begun?.end({ safe: true })
    await session.close({ safe: false })
    return { result, report }
  }
  return { hal, set, isOn, run }
}

describe('a guest in its own worker', () => {
  test('reads the sensor of a lab and switches its relay, which is off again after the run', async () => {
    const { set, isOn, run } = await cell()
    let during: unknown
    set(20)
    const { result } = await run({ grants }, () => {
      during = isOn()
    })
    expect(result.error).toBeUndefined()
    expect(result.outcome).toBe('completed')
    expect(during).toBe(true)
    expect(isOn()).toBe(false)
  })

  test('gets nowhere with what it was not granted, and that is counted', async () => {
    const { isOn, run } = await cell()
    const [sensor, motor] = grants as [Grant, Grant]
    const { report } = await run({ grants: [{ ...sensor, access: 'read' }, motor] }, () => expect(isOn()).toBe(false))
    expect(report).toMatchObject({ refusals: 1, refusal: 'device line1-temp: writing is not granted' })
  })

  test('is replayed from its transcript, and a differing guest is named', async () => {
    const { set, run } = await cell()
    set(20)
    const first = await run({ grants })
    const replay = first.report?.transcript
    if (!replay) throw new Error('no transcript')
    set(40)
    const again = await run({ grants, replay })
    expect(again.result.value).toEqual(first.result.value)
    expect(again.report?.difference).toBeUndefined()
    const [row, ...rest] = replay.rows
    if (!row) throw new Error('no operation')
    const other = await run({ grants, replay: { ...replay, rows: [{ ...row, target: 0x77 }, ...rest] } })
    expect(other.report?.difference).toMatch(
      /operation 1: line1-temp transfer 0x76 .* the record has line1-temp transfer 0x77/,
    )
  })
})
