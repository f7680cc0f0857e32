import { describe, expect, test } from 'vitest'
import { pause, realTime, virtualTime } from '../../../proplet/lab/time.ts'
import { TestClock } from '../../support/test-clock.ts'
import { BENCH, hold, i2cDevice, labOf, run } from './support.ts'

const MS = 1_000_000n

describe('virtual time', () => {
  test('stands still until it is moved', () => {
    const time = virtualTime()
    time.advance(5n)
    time.pass(2.1)
    expect(time.now()).toBe(8n)
  })

  test('timers fire in the order in which they are due, each at its own moment', () => {
    const time = virtualTime()
    const fired: [string, bigint][] = []
    for (const [name, ns] of [
      ['c', 30n],
      ['a', 10n],
      ['b', 20n],
      ['b2', 20n],
    ] as const)
      time.after(ns, () => fired.push([name, time.now()]))
    time.advance(25n)
    expect(fired).toEqual([
      ['a', 10n],
      ['b', 20n],
      ['b2', 20n],
    ])
    expect(time.now()).toBe(25n)
  })

  test('a timer that sets another one sees it fire in the same move', () => {
    const time = virtualTime()
    const fired: bigint[] = []
    const tick = () => {
      fired.push(time.now())
      time.after(10n, tick)
    }
    time.after(10n, tick)
    time.advance(35n)
    expect(fired).toEqual([10n, 20n, 30n])
  })

  test('a timer that sets itself again at once does not stop time', () => {
    const time = virtualTime()
    let count = 0
    const tick = () => {
      count++
      time.after(0n, tick)
    }
    time.after(0n, tick)
    time.advance(5n)
    expect(count).toBe(5)
  })

  test('a timer that was stopped does not fire', () => {
    const time = virtualTime()
    let fired = false
    time.after(1n, () => {
      fired = true
    })()
    time.advance(2n)
    expect(fired).toBe(false)
  })

  test('a delay of a guest moves it, and no more than that', async () => {
    const lab = await labOf(BENCH)
    const device = lab.open(i2cDevice())
    expect(await run(device, { op: 'delay', segments: [hold(1_500_000)] })).toEqual({})
    expect(lab.time.now()).toBe(1_500_000n)
    expect(await run(device, { op: 'delay' })).toEqual({ error: 'invalid' })
  })
})

describe('real time', () => {
  test('is what the clock says, since the lab began', () => {
    const clock = new TestClock()
    clock.advance(1000)
    const time = realTime(clock)
    clock.advance(7)
    expect(time.now()).toBe(7n * MS)
  })

  test('a timer that the system fires early waits for the rest', () => {
    const clock = new TestClock()
    const early = {
      ...clock,
      monotonic: () => clock.monotonic(),
      after: (ms: number, fn: () => void) => clock.after(ms * 0.9, fn),
    }
    const time = realTime(early as unknown as TestClock)
    let firedMs = 0
    time.after(10n * MS, () => {
      firedMs = clock.monotonic()
    })
    for (let step = 0; step < 200; step++) clock.advance(0.1)
    expect(firedMs).toBeGreaterThanOrEqual(9.999_999)
    expect(firedMs).toBeLessThan(11)
  })

  test('cannot be moved', () => {
    expect(() => realTime(new TestClock()).advance(1n)).toThrow(/time: is real in this lab, virtual expected/)
  })
})

describe('a pause', () => {
  const { signal } = new AbortController()

  test('ends with its time, with what was waited for, or with its signal, and leaves no timer', async () => {
    const clock = new TestClock()
    const time = realTime(clock)
    const late = pause(time, { ns: 2e6, signal })
    clock.advance(2)
    expect(await late).toBe('late')

    let look = () => {}
    let there = false
    const listen = (fn: () => void) => {
      look = fn
      return () => undefined
    }
    const done = pause(time, { ns: 2e6, signal, listen, until: () => there })
    look()
    there = true
    look()
    expect(await done).toBe('done')

    const abort = new AbortController()
    const cancelled = pause(time, { ns: 2e6, signal: abort.signal })
    abort.abort()
    expect(await cancelled).toBe('cancelled')
    expect(await pause(time, { ns: 2e6, signal: abort.signal })).toBe('cancelled')
    expect(clock.pending).toBe(0)
  })
})
