import { rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { BLOCKS, CRASHES, FLOODS, HANGS, NACK, SLOW, THROWS } from '../../support/fake-driver.ts'
import { TestClock } from '../../support/test-clock.ts'
import { bench, gpio, grant, guestOf, i2c, never, openHal, read, runOnce, type Step } from './support.ts'

const SENSOR = 0x76
const bytes = (...values: number[]) => ({ data: [Uint8Array.from(values)] })

describe('an operation of a guest', () => {
  test('is done by the I/O worker and answered with the bytes of each read', async () => {
    const hal = await openHal([i2c('temp', SENSOR)])
    const { answers } = await runOnce(hal, [grant('temp', 'i2c')], [{ call: read(SENSOR, 3) }])
    expect(answers).toEqual([bytes(1, 2, 3)])
  })

  test.each([
    ['a bus error', NACK, { error: 'nack-address' }],
    ['a driver that throws', THROWS, { error: 'io', detail: 'Error: the driver broke' }],
    ['a driver that answers with a promise', SLOW, bytes(1, 2)],
    ['a driver that gives more than was asked for', FLOODS, { error: 'overflow', detail: '1000000 bytes came' }],
    ['an I/O worker that dies', CRASHES, { error: 'io', detail: 'the I/O worker of this device ended' }],
  ])('meets %s', async (_, address, expected) => {
    const hal = await openHal([i2c('chip', address)])
    const { answers } = await runOnce(hal, [grant('chip', 'i2c')], [{ call: read(address, 2) }])
    expect(answers).toEqual([expected])
  })

  test('fails at once after the I/O worker died, and works again in the next run', async () => {
    const hal = await openHal([{ ...i2c('chip', CRASHES), addresses: [CRASHES, SENSOR] }])
    const session = await hal.open({ holder: 'deployment d', grants: [grant('chip', 'i2c')] })
    const guest = guestOf(session.bus)
    const first = await session.begin(never)
    expect(await guest.play([{ call: read(CRASHES, 1) }, { call: read(SENSOR, 1) }])).toMatchObject([
      { error: 'io' },
      { error: 'io' },
    ])
    await first?.end({ safe: false })
    const second = await session.begin(never)
    expect(await guest.play([{ call: read(SENSOR, 1) }])).toEqual([bytes(1)])
    await second?.end({ safe: false })
  })

  test('goes nowhere between two runs: a kept instance has no business then', async () => {
    const hal = await openHal([i2c('temp', SENSOR)])
    const session = await hal.open({ holder: 'deployment d', grants: [grant('temp', 'i2c')] })
    const guest = guestOf(session.bus)
    expect(await guest.play([{ call: read(SENSOR, 1) }])).toEqual([{ error: 'cancelled' }])
    const run = await session.begin(never)
    expect(await guest.play([{ call: read(SENSOR, 1) }])).toEqual([bytes(1)])
    await run?.end({ safe: false })
    expect(await guest.play([{ call: read(SENSOR, 1) }])).toEqual([{ error: 'cancelled' }])
  })
})

describe('an operation that was begun', () => {
  const wait = { op: 'wait', target: 2 } as const
  const pins = [gpio('button', 3, { direction: 'input', safe: 'hold' }), gpio('lamp', 4)]
  const grants = [grant('button', 'gpio', 'read'), grant('lamp', 'gpio')]
  const play = async (steps: Step[]) => (await runOnce(await openHal(pins), grants, steps)).answers

  test('holds up no other device of the same controller', async () => {
    const answers = await play([{ begin: wait }, { call: { op: 'set', level: true }, device: 1 }, { finish: 0 }])
    expect(answers).toEqual([{}, undefined])
  })

  test('refuses a second one on its device until it is finished', async () => {
    expect(await play([{ begin: wait }, { call: { op: 'get' } }])).toMatchObject([{ error: 'busy' }])
  })

  test('is waited for as long as was asked, and no longer', async () => {
    expect(await play([{ begin: wait }, { finish: 5 }])).toEqual([undefined])
  })

  test('can be cancelled, and its device is free again', async () => {
    expect(await play([{ begin: wait }, { cancel: true }, { call: { op: 'get' } }])).toEqual([{ level: false }])
  })

  test('cannot be finished twice', async () => {
    const answers = await play([{ begin: { op: 'get' } }, { finish: 1000 }, { finish: 0 }])
    expect(answers).toMatchObject([{ level: false }, { error: 'invalid' }])
  })
})

describe('the end of a run', () => {
  test('gives up a transfer of a guest that was killed in it, and the next run has the bus', async () => {
    const hal = await openHal([{ ...i2c('chip', HANGS), addresses: [HANGS, SENSOR] }])
    const session = await hal.open({ holder: 'task t-1', grants: [grant('chip', 'i2c')] })
    const run = await session.begin(never)
    const guest = guestOf(session.bus)
    void guest.play([{ begin: read(HANGS, 1) }, { finish: 1 }, { finish: Number.POSITIVE_INFINITY }]).catch(() => {})
    await guest.kill()
    await run?.end({ safe: true })
    await session.close({ safe: true })
    const { answers } = await runOnce(hal, [grant('chip', 'i2c')], [{ call: read(SENSOR, 1) }])
    expect(answers).toEqual([bytes(1)])
  })

  test('opens a line of two names once: nobody gives it away twice', async () => {
    const { path, lines } = await bench()
    const hal = await openHal([gpio('motor', 1, {}, path('pins')), gpio('spare', 1, {}, path('pins'))])
    for (const device of ['motor', 'spare'])
      await runOnce(hal, [grant(device, 'gpio')], [{ call: { op: 'set', level: true } }])
    expect(lines('pins').filter((line) => line.endsWith('open'))).toEqual(['motor open'])
    expect(lines('pins').filter((line) => line.endsWith('set high'))).toHaveLength(2)
  })

  test('closes inputs and chips; outputs stay open so that they do not float', async () => {
    const { path, lines } = await bench()
    const pins = path('pins')
    const button = gpio('button', 3, { direction: 'input', safe: 'hold' }, pins)
    const hal = await openHal([button, gpio('lamp', 4, { safe: 'hold' }, pins)])
    await runOnce(hal, [grant('button', 'gpio', 'read'), grant('lamp', 'gpio')], [{ call: { op: 'get' } }])
    expect(lines('pins')).toEqual(['button open', 'lamp open', 'button get', 'button close'])
  })
})

describe('an I/O worker that is lost', () => {
  const lossy = (path: string) => ({ ...i2c('chip', CRASHES, path), addresses: [CRASHES, BLOCKS, SENSOR] })

  test('because it hangs is left to itself, and another one serves the next run', async () => {
    const clock = new TestClock()
    const hal = await openHal([lossy('/dev/null')], { clock })
    const session = await hal.open({ holder: 'task t-1', grants: [grant('chip', 'i2c')] })
    const run = await session.begin(never)
    const guest = guestOf(session.bus)
    await guest.play([{ begin: read(BLOCKS, 1) }])
    const ended = run?.end({ safe: true })
    clock.advance(10_000)
    await ended
    const next = await session.begin(never)
    expect(await guestOf(session.bus).play([{ call: read(SENSOR, 1) }])).toEqual([bytes(1)])
    await next?.end({ safe: true })
  })

  test('fails the next run where its devices do not open again, and the one after where they do', async () => {
    const { path } = await bench()
    const hal = await openHal([lossy(path('bus'))])
    const session = await hal.open({ holder: 'deployment d', grants: [grant('chip', 'i2c')] })
    const run = await session.begin(never)
    await guestOf(session.bus).play([{ call: read(CRASHES, 1) }])
    await run?.end({ safe: false })
    rmSync(path('bus'))
    await expect(session.begin(never)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/chip.*not there/),
    })
    writeFileSync(path('bus'), '')
    const again = await session.begin(never)
    expect(await guestOf(session.bus).play([{ call: read(SENSOR, 1) }])).toEqual([bytes(1)])
    await again?.end({ safe: false })
  })
})

describe('opening a session', () => {
  const profile = [i2c('temp', SENSOR), gpio('estop', 3, { direction: 'input', safe: 'hold' }), i2c('gone', 0x17, '/x')]

  test.each([
    ['a device that the profile lacks', grant('motor-9', 'gpio'), /NOT_FOUND.*motor-9.*profile/],
    ['another kind', grant('temp', 'spi'), /PERMISSION_DENIED.*temp.*granted as spi, it is i2c/],
    ['a write to an input', grant('estop', 'gpio'), /PERMISSION_DENIED.*estop.*read-write.*input/],
    ['a foreign address', { ...grant('temp', 'i2c'), addresses: [0x50] }, /PERMISSION_DENIED.*temp.*0x50.*0x76/],
    ['a device that does not open', grant('gone', 'i2c'), /UNAVAILABLE.*gone.*not there/],
  ])('refuses %s by name', async (_, one, expected) => {
    const hal = await openHal(profile)
    const error = await hal.open({ holder: 'task t-1', grants: [one] }).catch((thrown) => thrown)
    expect(`${error.code} ${error.message}`).toMatch(expected)
    expect(hal.stats().sessions).toBe(0)
  })

  test('starts I/O workers for the controllers that it needs, and no others', async () => {
    const hal = await openHal([i2c('a', 1), i2c('b', 2), gpio('c', 3, { safe: 'hold' }, '/other')])
    expect(hal.stats().controllers).toBe(0)
    await runOnce(hal, [grant('a', 'i2c'), grant('b', 'i2c')], [])
    expect(hal.stats().controllers).toBe(1)
  })
})

describe('a device that another run has', () => {
  test('is waited for until the signal, and had after the other run has ended', async () => {
    const hal = await openHal([i2c('temp', SENSOR)])
    const open = () => hal.open({ holder: 'task', grants: [grant('temp', 'i2c')] })
    const [first, second] = [await open(), await open()]
    const run = await first.begin(never)
    expect(await second.begin(AbortSignal.abort())).toBeUndefined()
    const waiting = second.begin(never)
    await run?.end({ safe: true })
    await (await waiting)?.end({ safe: true })
  })
})

describe('refusals', () => {
  test('never reach the bus, are counted, and the first is told in words', async () => {
    const { path, lines } = await bench()
    const hal = await openHal([i2c('temp', SENSOR, path('bus'))])
    const write = {
      op: 'transfer',
      target: SENSOR,
      segments: [{ kind: 'write', bytes: Uint8Array.of(0xf4, 0x27) }],
    } as const
    const { answers, report } = await runOnce(
      hal,
      [grant('temp', 'i2c', 'read')],
      [{ call: write }, { call: read(0x50, 1) }, { call: read(SENSOR, 100_000) }],
    )
    expect(answers).toMatchObject([{ error: 'not-granted' }, { error: 'not-granted' }, { error: 'not-granted' }])
    expect(report).toEqual({ refusals: 3, refusal: 'device temp: writing is not granted' })
    expect(lines('bus')).toEqual(['temp open', 'temp close'])
    expect(hal.stats().refusals).toBe(3)
  })

  test('count a write that does not even fit the channel', async () => {
    const hal = await openHal([i2c('temp', SENSOR)])
    const long = {
      op: 'transfer',
      target: SENSOR,
      segments: [{ kind: 'write', bytes: new Uint8Array(300_000) }],
    } as const
    const { answers, report } = await runOnce(hal, [grant('temp', 'i2c')], [{ call: long }])
    expect(answers).toMatchObject([{ error: 'not-granted' }])
    expect(report?.refusals).toBe(1)
  })

  test('are told while a run goes on', async () => {
    const hal = await openHal([i2c('temp', SENSOR)])
    const { promise: told, resolve } = Promise.withResolvers<number>()
    const session = await hal.open({ holder: 'd', grants: [grant('temp', 'i2c')], onRefused: resolve })
    const run = await session.begin(never)
    await guestOf(session.bus).play([{ call: read(0x50, 1) }])
    expect(await told).toBe(1)
    await run?.end({ safe: false })
  })
})
