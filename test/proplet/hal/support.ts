import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import type { Hal } from '../../../proplet/hal/hal.ts'
import { createHal, type HalOptions } from '../../../proplet/hal/hardware.ts'
import type { BusLoad } from '../../../proplet/hal/port.ts'
import type { DeviceSpec, GpioSpec, I2cSpec, Profile } from '../../../proplet/hal/profile.ts'
import type { Answer, Operation } from '../../../shared/bus.ts'
import type { Grant } from '../../../shared/capabilities.ts'
import { realClock } from '../../../shared/clock.ts'
import { fakeDrivers } from '../../support/fake-driver.ts'
import { silentLog, tempDir } from '../../support/proplet.ts'

const common = { maxBytes: 4096, timeoutMs: 1000 }
const at = (path: string) => ({ driver: 'linux' as const, path })

export const i2c = (name: string, address: number, path = '/dev/null'): I2cSpec => ({
  ...common,
  name,
  kind: 'i2c',
  controller: at(path),
  addresses: [address],
  tenBit: false,
})

export const gpio = (name: string, line: number, more: Partial<GpioSpec> = {}, path = '/dev/null'): GpioSpec => ({
  ...common,
  name,
  kind: 'gpio',
  controller: at(path),
  line,
  direction: 'output',
  activeLow: false,
  debounceUs: 0,
  safe: 'low',
  ...more,
})

export const grant = (device: string, kind: DeviceSpec['kind'], access: Grant['access'] = 'read-write'): Grant => ({
  device,
  kind,
  access,
})

/** A folder's files in which fake controllers write what happens. */
export async function bench(): Promise<{ path: (name: string) => string; lines: (name: string) => string[] }> {
  const dir = await tempDir()
  const path = (name: string) => join(dir, name)
  const lines = (name: string) => readFileSync(path(name), 'utf8').split('\n').slice(0, -1)
  for (const name of ['bus', 'pins']) writeFileSync(path(name), '')
  return { path, lines }
}

export async function openHal(profile: Profile, options: Partial<HalOptions> = {}): Promise<Hal> {
  const hal = await createHal({
    profile,
    virtualTime: false,
    interfaces: ['wasi:i2c/i2c'],
    clock: realClock,
    log: silentLog,
    drivers: fakeDrivers,
    guard: false,
    ...options,
  })
  onTestFinished(() => hal.close())
  return hal
}

/** Something a guest does; `finish` waits for ever unless it says otherwise. */
export type Step =
  | { readonly call: Operation; readonly device?: number }
  | { readonly begin: Operation; readonly device?: number }
  | { readonly finish: number; readonly device?: number }
  | { readonly cancel: true; readonly device?: number }

export type Guest = {
  /** Answers of the calls and finishes; what was thrown is a text. */
  play(steps: readonly Step[]): Promise<(Answer | string | undefined)[]>
  kill(): Promise<void>
}

/** A thread in the place of a guest's worker: it blocks as a guest does. */
export function guestOf(bus: BusLoad): Guest {
  const worker = new Worker(new URL('./guest.ts', import.meta.url), { workerData: bus, execArgv: [] })
  onTestFinished(async () => void (await worker.terminate()))
  return {
    play: (steps) =>
      new Promise((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', reject)
        worker.postMessage(steps)
      }),
    kill: async () => void (await worker.terminate()),
  }
}

export const never = new AbortController().signal

/** One run with a guest of its own; what the guest was answered, and what the session tells. */
export async function runOnce(hal: Hal, grants: readonly Grant[], steps: readonly Step[], record = false) {
  const session = await hal.open({ holder: 'task t-1', grants, record })
  const run = await session.begin(never)
  const guest = guestOf(session.bus)
  const answers = await guest.play(steps)
  const report = await run?.end({ safe: true })
  await session.close({ safe: false })
  return { answers, report }
}

/** What a register is read by. */
export const read = (target: number, length: number, register = 0xd0): Operation => ({
  op: 'transfer',
  target,
  segments: [
    { kind: 'write', bytes: Uint8Array.of(register) },
    { kind: 'read', length },
  ],
})
