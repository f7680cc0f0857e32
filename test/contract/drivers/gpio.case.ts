import assert from 'node:assert/strict'
import { type Case, failsWith, type GpioHarness, gpioSpec, Opened, refusalOf, succeeds, withDevice } from './case.ts'

const open = (harness: GpioHarness, body: (device: Opened) => Promise<void>, changes = {}) =>
  withDevice(harness, gpioSpec(harness, changes), body)

const levelOf = async (device: Opened): Promise<boolean | undefined> => {
  const answer = await device.run({ op: 'get' })
  succeeds(answer)
  return answer.level
}

/** Begins a wait, and lets it begin to wait before it gives it back. */
async function begun(device: Opened, ...wait: Parameters<Opened['waitFor']>) {
  const answer = device.waitFor(...wait)
  // A second operation on the same line is answered after the wait has begun.
  await device.run({ op: 'get' })
  return { answer }
}

const LONG_MS = 5000

/** Every driver of gpio does this. Levels of lines are the wires', those of answers are logical. */
export const gpioCases: readonly Case<GpioHarness>[] = [
  {
    name: 'reads the level of an input',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.put(0, true)
        assert.equal(await levelOf(device), true)
        await harness.put(0, false)
        assert.equal(await levelOf(device), false)
      }),
  },
  {
    name: 'turns levels round where a line is active low',
    run: async (harness) => {
      await open(
        harness,
        async (device) => {
          await harness.put(0, true)
          assert.equal(await levelOf(device), false)
        },
        { activeLow: true },
      )
      await open(
        harness,
        async (device) => {
          succeeds(await device.run({ op: 'set', level: true }))
          assert.equal(await harness.driven(1), false)
          succeeds(await device.run({ op: 'set', level: false }))
          assert.equal(await harness.driven(1), true)
        },
        { line: 1, direction: 'output', activeLow: true },
      )
    },
  },
  {
    name: 'drives an output, and reads back what it drives',
    run: (harness) =>
      open(
        harness,
        async (device) => {
          for (const level of [true, false, true]) {
            succeeds(await device.run({ op: 'set', level }))
            assert.equal(await harness.driven(1), level)
            assert.equal(await levelOf(device), level)
          }
        },
        { line: 1, direction: 'output' },
      ),
  },
  {
    name: 'does not set an input',
    run: (harness) =>
      open(harness, async (device) => failsWith(await device.run({ op: 'set', level: true }), 'invalid')),
  },
  {
    name: 'a line of both directions is an input until it is set',
    run: (harness) =>
      open(
        harness,
        async (device) => {
          await harness.put(1, true)
          assert.equal(await levelOf(device), true)
          await harness.put(1, undefined)
          succeeds(await device.run({ op: 'set', level: false }))
          assert.equal(await harness.driven(1), false)
          assert.equal(await levelOf(device), false)
        },
        { line: 1, direction: 'both' },
      ),
  },
  {
    name: 'pulls a line that nobody drives',
    run: async (harness) => {
      await harness.put(0, undefined)
      await open(harness, async (device) => assert.equal(await levelOf(device), true), { pull: 'up' })
      await open(harness, async (device) => assert.equal(await levelOf(device), false), { pull: 'down' })
    },
  },
  {
    name: 'a wait for a level that is there ends at once',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.put(0, true)
        assert.deepEqual(await device.waitFor('high', LONG_MS), { level: true })
        await harness.put(0, false)
        assert.deepEqual(await device.waitFor('low', LONG_MS), { level: false })
      }),
  },
  {
    name: 'a wait for a level ends when it comes',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.put(0, false)
        const { answer } = await begun(device, 'high', LONG_MS)
        await harness.put(0, true)
        assert.deepEqual(await answer, { level: true })
      }),
  },
  {
    name: 'waits for rising, falling and any edges',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.put(0, false)
        const rising = await begun(device, 'rising', LONG_MS)
        await harness.put(0, true)
        assert.deepEqual(await rising.answer, { level: true })
        const falling = await begun(device, 'falling', LONG_MS)
        await harness.put(0, false)
        assert.deepEqual(await falling.answer, { level: false })
        const any = await begun(device, 'any', LONG_MS)
        await harness.put(0, true)
        assert.deepEqual(await any.answer, { level: true })
      }),
  },
  {
    name: 'an edge of the other kind does not end a wait',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.put(0, true)
        const { answer } = await begun(device, 'rising', LONG_MS)
        await harness.put(0, false)
        await harness.put(0, true)
        assert.deepEqual(await answer, { level: true })
      }),
  },
  {
    name: 'all who wait for an edge of one line hear of it',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.put(0, false)
        const first = await begun(device, 'rising', LONG_MS)
        const falling = await begun(device, 'falling', LONG_MS)
        const last = await begun(device, 'any', LONG_MS)
        await harness.put(0, true)
        assert.deepEqual(await first.answer, { level: true })
        assert.deepEqual(await last.answer, { level: true })
        await harness.put(0, false)
        assert.deepEqual(await falling.answer, { level: false })
      }),
  },
  {
    name: 'an edge before the wait is forgotten',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.put(0, false)
        failsWith(await device.waitFor('rising', 1), 'timeout')
        await harness.put(0, true)
        failsWith(await device.waitFor('rising', 20), 'timeout')
      }),
  },
  {
    name: 'edges of a line that is active low are logical too',
    run: (harness) =>
      open(
        harness,
        async (device) => {
          await harness.put(0, true)
          const { answer } = await begun(device, 'rising', LONG_MS)
          await harness.put(0, false)
          assert.deepEqual(await answer, { level: true })
        },
        { activeLow: true },
      ),
  },
  {
    name: 'a wait ends with its time',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.put(0, false)
        const began = performance.now()
        failsWith(await device.waitFor('high', 50), 'timeout')
        const tookMs = performance.now() - began
        assert.ok(tookMs > 45 && tookMs < 1000, `${tookMs} ms, with a limit of 50`)
      }),
  },
  {
    name: 'a wait without a limit is cancelled by its signal',
    run: (harness) =>
      open(harness, async (device) => {
        await harness.put(0, false)
        const abort = new AbortController()
        const { answer } = await begun(device, 'high', 0, abort.signal)
        abort.abort()
        failsWith(await answer, 'cancelled')
      }),
  },
  {
    name: 'a wait on one line stops no other',
    run: async (harness) => {
      const input = gpioSpec(harness)
      const output = gpioSpec(harness, { name: 'other', line: 1, direction: 'output' })
      const driver = harness.driver(input)
      try {
        await harness.put(0, false)
        const waiting = new Opened(await driver.open(input))
        const other = new Opened(await driver.open(output))
        const { answer } = await begun(waiting, 'high', LONG_MS)
        succeeds(await other.run({ op: 'set', level: true }))
        assert.equal(await harness.driven(1), true)
        await harness.put(0, true)
        assert.deepEqual(await answer, { level: true })
        await waiting.device.close()
        await other.device.close()
      } finally {
        await driver.close()
      }
    },
  },
  {
    name: 'debounced, a level counts once it has held',
    run: (harness) =>
      open(
        harness,
        async (device) => {
          await harness.put(0, false)
          failsWith(await device.waitFor('rising', 60), 'timeout')
          const short = await begun(device, 'rising', 120)
          await harness.put(0, true)
          await harness.put(0, false)
          failsWith(await short.answer, 'timeout')
          const long = await begun(device, 'rising', LONG_MS)
          await harness.put(0, true)
          assert.deepEqual(await long.answer, { level: true })
        },
        { debounceUs: 30_000 },
      ),
  },
  {
    name: 'finds a line by its name, where there are names',
    run: async (harness) => {
      const line = harness.nameOf(0)
      if (line === undefined) return
      await open(
        harness,
        async (device) => {
          await harness.put(0, true)
          assert.equal(await levelOf(device), true)
        },
        { line },
      )
    },
  },
  {
    name: 'says which line there is not',
    run: async (harness) => {
      const { code, message } = await refusalOf(harness, gpioSpec(harness, { line: 99 }))
      assert.equal(code, 'NOT_FOUND')
      assert.match(message, /under-test.*99/)
    },
  },
  {
    name: 'says that an output is in use',
    run: (harness) =>
      open(
        harness,
        async () => {
          const { code, message } = await refusalOf(harness, gpioSpec(harness, { line: 1, direction: 'output' }))
          assert.equal(code, 'UNAVAILABLE')
          assert.match(message, /under-test/)
        },
        { line: 1, direction: 'output' },
      ),
  },
  {
    name: 'gives a line back when it is closed',
    run: async (harness) => {
      const spec = gpioSpec(harness, { line: 1, direction: 'output' })
      await withDevice(harness, spec, async () => {})
      await withDevice(harness, spec, async (device) => succeeds(await device.run({ op: 'set', level: true })))
    },
  },
  {
    name: 'refuses operations and events that gpio does not know',
    run: (harness) =>
      open(harness, async (device) => {
        failsWith(await device.run({ op: 'claim', target: 0 }), 'invalid')
        failsWith(await device.run({ op: 'wait', target: 9, timeoutMs: 1 }), 'invalid')
      }),
  },
]
