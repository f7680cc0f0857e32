import { readFileSync } from 'node:fs'
import { componentNew } from '@bytecodealliance/jco-transpile/wasm-tools'
import type { Hal, Session } from '../../../proplet/hal/hal.ts'
import { createHal, type HalOptions } from '../../../proplet/hal/hardware.ts'
import type { Profile } from '../../../proplet/hal/profile.ts'
import { realClock } from '../../../shared/clock.ts'
import { type Rig, rig, type Subject, subject } from '../../proplet/runtime/fixtures.ts'
import { quiet } from '../../support/quiet.ts'
import { ADDRESS, grantsOf } from './devices.ts'

/** The guest of loops.c: `samara build test/bench/hardware/loops.c`. */
export const loopsModule = (): Buffer => readFileSync(new URL('loops.wasm', import.meta.url))
export const loopsComponent = (): Promise<Uint8Array> => componentNew(loopsModule(), [])

export const loopsSubject = async (): Promise<Subject> =>
  subject(await loopsComponent(), 'component', {
    'read-register': 'func(device:string,address:u16,count:u32)->result<u32,string>',
    toggle: 'func(device:string,count:u32)->result<u32,string>',
  })

/** Devices behind drivers, and a function that uses them, as a proplet has them. */
export type Loops = {
  /** µs of each transaction of so many. */
  readRegister(count: number): Promise<number>
  /** Toggles of a pin per second, of so many. */
  toggle(count: number): Promise<number>
  close(): Promise<void>
}

export type LoopsOptions = Pick<HalOptions, 'profile' | 'drivers'> & {
  readonly virtualTime?: boolean
  readonly cacheDir: string
}

const RUN_MS = 60_000
const never = new AbortController().signal

export async function startLoops({ profile, drivers, virtualTime = false, cacheDir }: LoopsOptions): Promise<Loops> {
  const hal = await createHal({
    ...{ profile, drivers, virtualTime, guard: false },
    ...{ interfaces: [], clock: realClock, log: quiet },
  })
  const runtime = rig({ size: 1, cacheDir })
  const session = await openAll(hal, profile)
  const guest = await loopsSubject()
  const run = await session.begin(never)
  const call = (name: string, args: readonly (string | number)[]) =>
    callLoop(runtime, guest, { session, export: name, args })
  return {
    readRegister: async (count) => (await call('read-register', ['store', ADDRESS, count])) / count,
    toggle: async (count) => count / ((await call('toggle', ['lamp', count])) / 1e6),
    async close() {
      await run?.end({ safe: false })
      await session.close({ safe: false })
      await runtime.close()
      await hal.close()
    },
  }
}

export const openAll = (hal: Hal, profile: Profile): Promise<Session> =>
  hal.open({ holder: 'benchmark', grants: grantsOf(profile) })

type Loop = { readonly session: Session; readonly export: string; readonly args: readonly (string | number)[] }

/** Its time in the worker, in µs. The instance is kept, so that it is made once. */
async function callLoop(runtime: Rig, guest: Subject, { session, ...loop }: Loop): Promise<number> {
  const given = { ...loop, bus: session.bus, keep: 'loops', limits: { timeoutMs: RUN_MS } }
  const result = await runtime.call(guest, given)
  const done = JSON.stringify(result.value)
  if (result.outcome !== 'completed' || !done.includes(`${loop.args.at(-1)}`))
    throw new Error(`${loop.export}: ${result.outcome} ${result.error?.message ?? ''} ${done}`)
  return result.runUs
}
