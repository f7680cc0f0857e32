import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeItem, type Item } from '../../shared/cbor.ts'
import { describeCore } from '../../shared/wasm/core-module.ts'
import { smallImage } from '../../shared/wasm/small-image.ts'
import { type Rig, rig, type Subject, subject } from '../proplet/runtime/fixtures.ts'
import { randomArgument, randomModule } from './differential/core-modules.ts'
import { type EchoGuest, echoGuest } from './differential/echo-guests.ts'
import { runCallProgram } from './differential/program.ts'
import { seeded } from './differential/random.ts'
import { type CallAnswer, RunCall } from './differential/run-call.ts'
import { strayGuest, strays } from './differential/stray-results.ts'
import { spoilt } from './differential/wit-types.ts'

/** The C agent's runtime against the one of the other proplets: the same modules, calls and values, the same ends. */

const MODULES = 200
const CALLS = 4
const GUESTS = 3
const FUNCTIONS = 36

let jco: Rig
let echoes: EchoGuest[]
beforeAll(async () => {
  jco = rig({ size: 2 })
  echoes = await Promise.all(Array.from({ length: GUESTS }, (_, seed) => echoGuest(seeded(1000 + seed), FUNCTIONS)))
}, 120_000)
afterAll(() => jco.close())

type Compared = { readonly outcome: string; readonly code: string; readonly value: string; readonly message: string }

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytesOf = (item: Item | undefined): string => (item === undefined ? '' : hex(encodeItem(item)))

async function onJco(one: Subject, name: string, args: readonly Item[]): Promise<Compared> {
  const { outcome, error, value, exitCode } = await jco.call(one, { export: name, args })
  if (exitCode !== undefined) throw new Error('a function has no exit code')
  return { outcome, code: error?.code ?? '', value: bytesOf(value), message: error?.message ?? '' }
}

const onC = ({ outcome, code, value, message }: CallAnswer): Compared => ({
  outcome,
  code,
  value: value ? hex(value) : '',
  message,
})

/** What differs, in words; undefined where nothing does. */
function difference(where: string, ours: Compared, theirs: Compared): string | undefined {
  const same = ours.outcome === theirs.outcome && ours.code === theirs.code && ours.value === theirs.value
  return same ? undefined : `${where}: C ${JSON.stringify(ours)}, jco ${JSON.stringify(theirs)}`
}

function small(bytes: Uint8Array): Uint8Array {
  const image = smallImage(bytes, describeCore(bytes), [])
  if ('refused' in image) throw new Error(image.refused.join())
  return image.bytes
}

async function compareModules(program: RunCall, from: number, count: number): Promise<string[]> {
  const found: string[] = []
  for (let seed = from; seed < from + count; seed++) {
    const random = seeded(seed)
    const { bytes, exports, params } = randomModule(random)
    const theirs = subject(bytes, 'core-module', exports, { minPages: 1, grows: false })
    const module = small(bytes)
    for (let call = 0; call < CALLS; call++) {
      const [name, signature] = random.pick(Object.entries(exports))
      const args = (params[name] ?? []).map((type) => randomArgument(random, type))
      const ours = onC(await program.call({ module, export: name, signature, args }))
      const wrong = difference(`module ${seed} ${name}`, ours, await onJco(theirs, name, args))
      if (wrong) found.push(wrong)
    }
  }
  return found
}

async function compareEchoes(program: RunCall, rounds: number, spoil: boolean): Promise<string[]> {
  const found: string[] = []
  for (const [at, { core, component, functions }] of echoes.entries()) {
    const random = seeded(at + (spoil ? 77 : 0))
    const exports = Object.fromEntries(functions.map(({ name, text }) => [name, text]))
    const theirs = subject(component, 'component', exports)
    for (let round = 0; round < rounds; round++)
      for (const echo of functions) {
        const { args, expected } = echo.arguments(random)
        const given = spoil ? (spoilt(random, args) as readonly Item[]) : args
        if (!Array.isArray(given)) continue
        const ours = onC(await program.call({ module: core, export: echo.name, signature: echo.text, args: given }))
        const where = `guest ${at} ${echo.text} ${bytesOf(given)}`
        const wrong =
          difference(where, ours, await onJco(theirs, echo.name, given)) ??
          (!spoil && expected !== undefined && ours.value !== bytesOf(expected) ? `${where}: ${ours.value}` : undefined)
        if (wrong) found.push(wrong)
      }
  }
  return found
}

async function using<T>(name: string, run: (program: RunCall) => Promise<T>): Promise<T> {
  const program = new RunCall(await runCallProgram(name))
  try {
    return await run(program)
  } finally {
    program.close()
  }
}

test('random modules end the same on both', { timeout: 300_000 }, async () => {
  expect(await using('run-call', (program) => compareModules(program, 1, MODULES))).toEqual([])
})

test('values of random types come back the same from both', { timeout: 300_000 }, async () => {
  expect(await using('run-call', (program) => compareEchoes(program, 3, false))).toEqual([])
})

test('arguments of the wrong type are refused by both', { timeout: 300_000 }, async () => {
  expect(await using('run-call', (program) => compareEchoes(program, 2, true))).toEqual([])
})

test('results against the signature end the same on both, but for what is known', { timeout: 300_000 }, async () => {
  const { core, component, functions } = await strayGuest()
  const theirs = subject(component, 'component', Object.fromEntries(functions.map(({ name, text }) => [name, text])))
  const found = await using('run-call', async (program) => {
    const differing: string[] = []
    for (const [at, { name, text }] of functions.entries()) {
      const ours = onC(await program.call({ module: core, export: name, signature: text, args: [] }))
      if (difference(name, ours, await onJco(theirs, name, []))) differing.push(strays[at]?.what ?? name)
    }
    return differing
  })
  expect(found).toEqual(strays.filter(({ differs }) => differs).map(({ what }) => what))
})

test.each(['lift', 'lower'])('a %s that is broken on purpose is found', { timeout: 300_000 }, async (defect) => {
  const found = await using(`run-call-broken-${defect}`, (program) => compareEchoes(program, 1, false))
  expect(found).not.toEqual([])
})
