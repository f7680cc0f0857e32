import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInspector } from '../../manager/modules/inspector.ts'
import { fetchProfile } from '../../proplet/hal/drivers/sim/index.ts'
import { createHal } from '../../proplet/hal/hardware.ts'
import type { PropertyValue } from '../../proplet/lab/part.ts'
import { startLab } from '../../proplet/lab/start.ts'
import type { RunResult } from '../../proplet/runtime/runtime.ts'
import type { Grant } from '../../shared/capabilities.ts'
import { realClock } from '../../shared/clock.ts'
import type { Manifest } from '../../shared/documents/manifest.ts'
import type { Transcript } from '../../shared/documents/transcript.ts'
import { parseSignature, type Signature } from '../../shared/signature.ts'
import { argsFromJson, toJson } from '../../shared/values.ts'
import { interfacesOf } from '../../shared/wit/table.ts'
import { example, rig, type Subject } from '../proplet/runtime/fixtures.ts'
import { quiet } from '../support/quiet.ts'

/** The factory cell of examples/lab, and examples at work in it as a proplet has them: inspected, granted, run. */

const labFile = new URL('../../examples/lab/cell.lab.yaml', import.meta.url).pathname
const inspector = createInspector({ clock: realClock })

export type Inspected = {
  readonly manifest: Manifest
  readonly subject: Subject
  /** What would make it smaller. */
  readonly mends: readonly string[]
}

/** An example as the manager sees it, and the image of it that Linux runs. */
export async function inspected(file: string): Promise<Inspected> {
  const { manifest, images, mends } = await inspector.inspect(example(file))
  const image = manifest.images.find(({ format }) => format === 'component')
  const bytes = image && images.get(image.digest)
  if (!bytes) throw new Error(`${file} has no component image`)
  const { digest, format } = image
  return { manifest, mends, subject: { source: { digest, format, bytes: () => bytes }, manifest } }
}

export type Called = {
  readonly outcome: RunResult['outcome']
  /** As JSON. */
  readonly value: unknown
  readonly refusals: number
  readonly refusal: string | undefined
  readonly transcript: Transcript | undefined
}

export type CallSpec = {
  readonly export: string
  readonly args?: readonly unknown[]
  readonly env?: Readonly<Record<string, string>>
  /** @default what the module asks for */
  readonly grants?: readonly Grant[]
}

export type Cell = Awaited<ReturnType<typeof openCell>>

/** A lab and a proplet's hardware on it. Its time passes only while somebody waits, so nothing depends on this machine's. */
export async function openCell() {
  const dir = mkdtempSync(join(tmpdir(), 'samara-cell-'))
  const socket = join(dir, 'lab.sock')
  const file = join(dir, 'cell.lab.yaml')
  writeFileSync(file, readFileSync(labFile, 'utf8').replace('time: real', 'time: virtual'))
  const { lab, close: closeLab } = await startLab({ file, socket, clock: realClock, log: quiet })
  const { devices, virtualTime } = await fetchProfile(socket, 'edge-1')
  const hardware = { profile: devices, virtualTime, interfaces: interfacesOf('linux'), guard: false }
  const hal = await createHal({ ...hardware, clock: realClock, log: quiet })
  const runtime = rig()

  async function call(
    { manifest, subject }: Inspected,
    { export: name, args = [], env = {}, grants = manifest.devices ?? [] }: CallSpec,
  ): Promise<Called> {
    const signature = signatureOf(manifest, name)
    const session = await hal.open({ holder: 'test', grants, record: true })
    const run = await session.begin(new AbortController().signal)
    const ran = await runtime.call(subject, {
      export: name,
      args: argsFromJson(signature, args),
      call: { env },
      bus: session.bus,
    })
    const report = await run?.end({ safe: false })
    // As between the runs of a deployment: outputs keep their level.
    await session.close({ safe: false })
    return {
      outcome: ran.outcome,
      value: ran.value === undefined || !signature.result ? ran.error : toJson(signature.result, ran.value),
      refusals: (report?.refusals ?? 0) + (ran.refusals?.count ?? 0),
      refusal: report?.refusal ?? ran.refusals?.first,
      transcript: report?.transcript,
    }
  }

  return {
    lab,
    call,
    set: (part: string, property: string, value: PropertyValue) => lab.part(part).set(property, value),
    get: (part: string, property: string) => lab.part(part).get(property),
    async close() {
      await runtime.close()
      await hal.close()
      await closeLab()
      rmSync(dir, { recursive: true })
    },
  }
}

function signatureOf({ exports }: Manifest, name: string): Signature {
  const found = exports.find((one) => one.name === name)
  if (!found) throw new Error(`no export ${name}`)
  return parseSignature(found.signature)
}

/** Lines of a source, for those who promise to be short. */
export const linesOf = (file: string): number =>
  readFileSync(new URL(`../../examples/${file}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n').length
