import { performance } from 'node:perf_hooks'
import type { Guest } from '../guest.ts'

const NS_PER_MS = 1e6
/** A sleep ends late by about this much; the rest of a delay is spent awake. */
const SPIN_MS = 0.08
/** Longest delay that one operation tells the lab: its field has 32 bits. */
const MAX_STEP_NS = 0xffff_ffff

const now = performance.now.bind(performance)

/** At least so long. In virtual time it is the lab that waits, else the guest's own worker. */
export function spend(guest: Guest, ns: number): void {
  const left = guest.devices.virtualTime ? spendVirtually(guest, ns) : ns
  if (left > 0) spendReally(guest, left / NS_PER_MS)
}

/** Nanoseconds that are left: all of them where no device can be told. */
function spendVirtually(guest: Guest, ns: number): number {
  const device = guest.devices.all.find(({ busy }) => !busy)
  let left = ns
  while (device && left > 0) {
    const length = Math.min(left, MAX_STEP_NS)
    if (device.call({ op: 'delay', segments: [{ kind: 'delay', length }] }).error) return left
    left -= length
  }
  return left
}

function spendReally(guest: Guest, ms: number): void {
  const endMs = now() + ms
  while (endMs - now() > SPIN_MS) guest.sleep(endMs - now() - SPIN_MS)
  while (now() < endMs);
}

/** `wasi:i2c/delay.delay` */
export class Delay {
  readonly #guest: Guest

  constructor(guest: Guest) {
    this.#guest = guest
  }

  delayNs(ns: number): void {
    spend(this.#guest, ns)
  }
}

const NS_PER_US = 1000

/** `wasi:gpio/delay` of 2025: functions, and no resource. */
export const delayInterface = (guest: Guest) => ({
  delayNs: (ns: number) => spend(guest, ns),
  delayUs: (us: number) => spend(guest, us * NS_PER_US),
  delayMs: (ms: number) => spend(guest, ms * NS_PER_MS),
})
