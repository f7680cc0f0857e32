import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Driver, OpenDevice } from '../../../proplet/hal/driver.ts'
import type { DeviceSpec } from '../../../proplet/hal/profile.ts'
import type { Answer, Operation } from '../../../shared/bus.ts'
import type { Case } from './case.ts'
import { gpioCases } from './gpio.case.ts'
import { i2cCases } from './i2c.case.ts'
import { openSimContract, type SimContract } from './sim-contract.ts'
import { spiCases } from './spi.case.ts'
import { usbCases } from './usb.case.ts'

/** A contract is worth what it refuses: drivers with one thing wrong each, and the case that has to notice. */

type Run = OpenDevice['run']
type Fault = {
  readonly name: string
  readonly caught: string
  readonly spec?: (spec: DeviceSpec) => DeviceSpec
  readonly run?: (run: Run, operation: Operation, signal: AbortSignal) => ReturnType<Run>
}

// A lab for each: a driver that never comes back keeps what it has.
let lab: SimContract
beforeEach(async () => {
  lab = await openSimContract()
})
afterEach(() => lab.close())

function broken(driver: Driver, { spec = (same) => same, run }: Fault): Driver {
  return {
    async open(device) {
      const open = await driver.open(spec(device))
      if (run === undefined) return open
      return { run: (operation, signal) => run(open.run.bind(open), operation, signal), close: () => open.close() }
    },
    close: () => driver.close(),
  }
}

const limited = <T>(work: Promise<T>): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('it hangs')), 2000)
  return Promise.race([work, promise]).finally(() => clearTimeout(timer))
}

async function judged<S extends DeviceSpec, H extends { driver(device: S): Driver }>(
  harness: H,
  cases: readonly Case<H>[],
  fault: Fault,
): Promise<void> {
  const judge = cases.find(({ name }) => name === fault.caught)
  expect(judge, `a case called ${fault.caught}`).toBeDefined()
  const spoiled = { ...harness, driver: (device: S) => broken(harness.driver(device), fault) }
  await expect(limited(judge?.run(spoiled) ?? Promise.resolve())).rejects.toThrow()
}

/** Changes answers that are no errors. */
const answers =
  (change: (answer: Answer) => Answer): NonNullable<Fault['run']> =>
  async (run, operation, signal) => {
    const answer = await run(operation, signal)
    return answer.error === undefined ? change(answer) : answer
  }
const errors =
  (change: (answer: Answer) => Answer): NonNullable<Fault['run']> =>
  async (run, operation, signal) => {
    const answer = await run(operation, signal)
    return answer.error === undefined ? answer : change(answer)
  }
const operations =
  (change: (operation: Operation) => Operation): NonNullable<Fault['run']> =>
  (run, operation, signal) =>
    run(change(operation), signal)

/** Each segment by itself, as a driver of single reads and writes would. */
const apart: NonNullable<Fault['run']> = async (run, operation, signal) => {
  const data: Uint8Array[] = []
  for (const segment of operation.segments ?? []) {
    const answer = await run({ ...operation, segments: [segment] }, signal)
    if (answer.error) return answer
    data.push(...(answer.data ?? []))
  }
  return { data }
}
const noSignal: NonNullable<Fault['run']> = (run, operation) => run(operation, new AbortController().signal)
const asOne = answers(({ data = [] }) => ({ data: data.length > 1 ? [Buffer.concat(data)] : data }))
const short = answers((answer) => ({
  ...answer,
  ...(answer.data && { data: answer.data.map((one) => one.slice(0, -1)) }),
}))

describe('a broken driver of i2c fails: it', () => {
  const faults: readonly Fault[] = [
    { name: 'forgets the last byte', caught: 'gives back what was written', run: short },
    {
      name: 'puts a stop between writing and reading',
      caught: 'puts a stop after every transfer and none inside',
      run: apart,
    },
    { name: 'gives all reads as one list', caught: 'gives one list for each read, in order', run: asOne },
    { name: 'hides what went wrong', caught: 'says that nobody acknowledged the address', run: errors(() => ({})) },
    {
      name: 'gives no reason',
      caught: 'says that a byte was not acknowledged',
      run: errors((answer) => ({ ...answer, error: 'io' })),
    },
    {
      name: 'tries again by itself',
      caught: 'says that another controller won the bus, and does not try again by itself',
      async run(run, operation, signal) {
        const answer = await run(operation, signal)
        return answer.error === 'arbitration-lost' ? run(operation, signal) : answer
      },
    },
    {
      name: 'knows no addresses of 10 bits below 0x80',
      caught: 'speaks 10 bits to lower addresses where the profile says so, and 7 bits where it does not',
      spec: (spec) => ({ ...spec, ...(spec.kind === 'i2c' && { tenBit: false }) }),
    },
    {
      name: 'cuts addresses off',
      caught: 'refuses an address beyond 10 bits without traffic',
      run: operations((operation) => ({ ...operation, target: (operation.target ?? 0x50) & 0x3ff })),
    },
    {
      name: 'leaves out empty writes',
      caught: 'sends an address alone for an empty write',
      run: (run, operation, signal) => {
        const [first] = operation.segments ?? []
        return first?.kind === 'write' && first.bytes.length === 0 ? {} : run(operation, signal)
      },
    },
  ]
  test.each(faults)('$name', (fault) => judged(lab.i2c, i2cCases, fault))
})

describe('a broken driver of spi fails: it', () => {
  const faults: readonly Fault[] = [
    {
      name: 'lets the chip go between segments',
      caught: 'holds the chip select from the first segment to the last',
      run: apart,
    },
    {
      name: 'leaves out delays',
      caught: 'spends a delay with the chip selected',
      run: operations(({ segments = [], ...rest }) => ({
        ...rest,
        segments: segments.filter(({ kind }) => kind !== 'delay'),
      })),
    },
    {
      name: 'uses one mode for all',
      caught: "uses the profile's mode",
      spec: (spec) => ({ ...spec, ...(spec.kind === 'spi' && { mode: 0 }) }),
    },
    {
      name: 'sends words as bytes',
      caught: 'sends the high byte of a 16-bit word first; in memory the low one lies first',
      spec: (spec) => ({ ...spec, ...(spec.kind === 'spi' && { bitsPerWord: 8 }) }),
    },
    {
      name: 'sends the high bit first always',
      caught: 'sends the low bit first where the profile says so',
      spec: (spec) => ({ ...spec, ...(spec.kind === 'spi' && { lsbFirst: false }) }),
    },
    {
      name: 'clocks out ones while it reads',
      caught: 'clocks out zeros while it reads',
      run: operations(({ segments = [], ...rest }) => ({
        ...rest,
        segments: segments.map((segment) =>
          segment.kind === 'read' ? { kind: 'transfer', bytes: new Uint8Array(segment.length).fill(0xff) } : segment,
        ),
      })),
    },
  ]
  test.each(faults)('$name', (fault) => judged(lab.spi, spiCases, fault))
})

describe('a broken driver of gpio fails: it', () => {
  const waits =
    (run: NonNullable<Fault['run']>): NonNullable<Fault['run']> =>
    (inner, operation, signal) =>
      operation.op === 'wait' ? run(inner, operation, signal) : inner(operation, signal)
  const faults: readonly Fault[] = [
    {
      name: 'does not know active low',
      caught: 'turns levels round where a line is active low',
      spec: (spec) => ({ ...spec, ...(spec.kind === 'gpio' && { activeLow: false }) }),
    },
    {
      name: 'does not pull',
      caught: 'pulls a line that nobody drives',
      spec: (spec) => ({ ...spec, ...(spec.kind === 'gpio' && { pull: undefined }) }),
    },
    {
      name: 'does not debounce',
      caught: 'debounced, a level counts once it has held',
      spec: (spec) => ({ ...spec, ...(spec.kind === 'gpio' && { debounceUs: 0 }) }),
    },
    {
      name: 'takes every edge for the one that was waited for',
      caught: 'an edge of the other kind does not end a wait',
      run: waits(operations((operation) => ({ ...operation, target: 4 }))),
    },
    {
      name: 'ends waits at once',
      caught: 'an edge before the wait is forgotten',
      run: waits(() => ({ level: true })),
    },
    {
      name: 'waits for ever',
      caught: 'a wait ends with its time',
      run: waits(operations((one) => ({ ...one, timeoutMs: 0 }))),
    },
    { name: 'does not hear the signal', caught: 'a wait without a limit is cancelled by its signal', run: noSignal },
    {
      name: 'says that it did, and did not',
      caught: 'drives an output, and reads back what it drives',
      run: (run, operation, signal) => (operation.op === 'set' ? {} : run(operation, signal)),
    },
  ]
  test.each(faults)('$name', (fault) => judged(lab.gpio, gpioCases, fault))
})

describe('a broken driver of usb fails: it', () => {
  const faults: readonly Fault[] = [
    { name: 'forgets the last byte', caught: 'moves bulk data out and in', run: short },
    {
      name: 'has no time limit of its own',
      caught: 'gives up after the time limit of the operation and, without one, of the device',
      run: operations((operation) => ({ ...operation, timeoutMs: 60_000 })),
    },
    {
      name: 'does not hear the signal',
      caught: 'a transfer is cancelled by its signal, and the next one works',
      run: noSignal,
    },
    {
      name: 'clears halts by itself',
      caught: 'an endpoint that stalls stays halted until it is cleared',
      async run(run, operation, signal) {
        const answer = await run(operation, signal)
        if (answer.error === 'stall') await run({ op: 'clear-halt', target: operation.target }, signal)
        return answer
      },
    },
    {
      name: 'keeps what was released',
      caught: 'refuses an interface that is not claimed, and one that was released',
      run: (run, operation, signal) => (operation.op === 'release' ? {} : run(operation, signal)),
    },
    {
      name: 'claims by itself',
      caught: 'refuses an interface that is not claimed, and one that was released',
      async run(run, operation, signal) {
        if (operation.op === 'bulk') await run({ op: 'claim', target: 0 }, signal)
        return run(operation, signal)
      },
    },
    {
      name: 'hides a stall',
      caught: 'says that the device stalls a request it does not know, and goes on',
      run: errors(() => ({})),
    },
  ]
  test.each(faults)('$name', (fault) => judged(lab.usb, usbCases, fault))
})
