import { readFileSync } from 'node:fs'
import { componentNew } from '@bytecodealliance/jco-transpile/wasm-tools'
import type { Hal } from '../../proplet/hal/hal.ts'
import type { DeviceSpec } from '../../proplet/hal/profile.ts'
import type { Lab } from '../../proplet/lab/lab.ts'
import type { RunResult } from '../../proplet/runtime/runtime.ts'
import type { Grant } from '../../shared/capabilities.ts'
import type { Item } from '../../shared/cbor.ts'
import type { Manifest } from '../../shared/documents/manifest.ts'
import { parseSignature, type Signature, signatureText } from '../../shared/signature.ts'
import { argsFromJson, toJson } from '../../shared/values.ts'
import { describeComponent } from '../../shared/wasm/component.ts'
import { functionDigest } from '../../shared/wasm/interface-digest.ts'
import { type Rig, type Subject, subject } from '../proplet/runtime/fixtures.ts'
import { type ConformanceRow, linesOf } from './conformance.ts'

/** Where the table runs: devices of its lab, behind whatever drivers, and a runtime. */
export type ConformanceWorld = {
  readonly hal: Hal
  readonly profile: readonly DeviceSpec[]
  readonly rig: Rig
}

export type Ran = {
  readonly lines: readonly string[]
  readonly refusals: number
  /** JSON form of the result. */
  readonly value: unknown
}

/** Sets what a row wants of the lab. */
export function prepare({ set = {}, faults = [] }: ConformanceRow, lab: Lab): void {
  lab.faults.clear()
  for (const [path, value] of Object.entries(set)) {
    const [part = '', property = ''] = path.split('.')
    lab.part(part).set(property, value)
  }
  if (lab.time.isVirtual) lab.time.advance(1_000_000_000n)
  for (const fault of faults) lab.addFault(fault)
}

const never = new AbortController().signal

/** Runs the guest of a row. Properties and faults have been set before. */
export async function runRow(row: ConformanceRow, { hal, profile, rig }: ConformanceWorld): Promise<Ran> {
  const guest = await guestOf(row.guest)
  const signature = signatureOf(guest, row.export)
  const args = argsFromJson(signature, row.args)
  const session = await hal.open({ holder: row.name, grants: grantsOf(row, profile), record: true })
  try {
    const run = await session.begin(never)
    const result = await rig.call(guest, { export: row.export, args, bus: session.bus })
    const report = await run?.end({ safe: false })
    return {
      lines: report?.transcript ? linesOf(report.transcript) : [],
      refusals: (report?.refusals ?? 0) + (result.refusals?.count ?? 0),
      value: jsonOf(signature, result),
    }
  } finally {
    await session.close({ safe: false })
  }
}

function jsonOf({ result: type }: Signature, { value, outcome, error }: RunResult): unknown {
  if (outcome !== 'completed') throw new Error(`${outcome}: ${error?.message}`)
  return type ? toJson(type, value as Item) : undefined
}

/** Everything of the lab as its profile has it, less what the row says. */
export function grantsOf({ grants = {} }: ConformanceRow, profile: readonly DeviceSpec[]): Grant[] {
  return profile
    .filter(({ name }) => grants[name] !== null)
    .map((spec) => {
      const isInput = spec.kind === 'gpio' && spec.direction === 'input'
      return { device: spec.name, kind: spec.kind, access: isInput ? 'read' : 'read-write', ...grants[spec.name] }
    })
}

const guests = new Map<string, Promise<Subject>>()

function guestOf(path: string): Promise<Subject> {
  const known = guests.get(path) ?? describedGuest(path)
  guests.set(path, known)
  return known
}

/** The component of a lowered core, as the manager would describe it. */
async function describedGuest(path: string): Promise<Subject> {
  const component = await componentNew(readFileSync(new URL(`../../${path}`, import.meta.url)), [])
  const { exports, imports } = describeComponent(component)
  const texts = exports.map((one) => [one.name, signatureText(one.signature)] as const)
  const made = subject(component, 'component', Object.fromEntries(texts))
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

function signatureOf({ manifest }: Subject, name: string): Signature {
  const found = manifest.exports.find((one) => one.name === name)
  if (!found) throw new Error(`the guest has no export ${name}`)
  return parseSignature(found.signature)
}

/** The same value, lists of bytes in one form: the table writes them as numbers. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  if ('base64' in value) return [...Buffer.from(String(value.base64), 'base64')]
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}
