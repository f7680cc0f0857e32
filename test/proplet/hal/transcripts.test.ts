import { describe, expect, test } from 'vitest'
import { Recorder } from '../../../proplet/hal/recorder.ts'
import { mergeRows, transcriptLimits } from '../../../proplet/hal/transcripts.ts'
import { MAX_TRANSCRIPT_ROWS, Transcript } from '../../../shared/documents/transcript.ts'
import { CRASHES, NACK } from '../../support/fake-driver.ts'
import { gpio, grant, guestOf, i2c, never, openHal, read, runOnce, type Step } from './support.ts'

const SENSOR = 0x76
const devices = [
  { ...i2c('temp', SENSOR), chip: 'bme280', addresses: [SENSOR, NACK] },
  gpio('lamp', 4, { safe: 'hold' }, '/dev/zero'),
]
const grants = [grant('temp', 'i2c', 'read'), grant('lamp', 'gpio')]
const steps: Step[] = [
  { call: read(SENSOR, 2) },
  { call: { op: 'set', level: true }, device: 1 },
  { call: { op: 'get' }, device: 1 },
  { call: read(NACK, 1) },
  { call: read(0x50, 1) },
]

async function recorded() {
  const { report } = await runOnce(await openHal(devices), grants, steps, true)
  if (!report?.transcript) throw new Error('no transcript')
  return report.transcript
}

async function replay(transcript: Transcript, played: Step[]) {
  const hal = await openHal([])
  const session = await hal.open({ holder: 'task t-2', grants, replay: transcript })
  const run = await session.begin(never)
  const answers = await guestOf(session.bus).play(played)
  const report = await run?.end({ safe: true })
  return { answers, difference: report?.difference }
}

describe('a transcript [P-10.5]', () => {
  test('has every operation of every device in the order in which they began', async () => {
    const transcript = Transcript.decode(Transcript.encode(await recorded()))
    expect(transcript.devices).toEqual([
      { device: 'temp', kind: 'i2c', chip: 'bme280' },
      { device: 'lamp', kind: 'gpio' },
    ])
    expect(transcript.rows).toMatchObject([
      {
        device: 0,
        op: 'transfer',
        target: SENSOR,
        segments: [{ kind: 'write' }, { kind: 'read', length: 2 }],
        data: [Buffer.of(1, 2)],
      },
      { device: 1, op: 'set', level: true },
      { device: 1, op: 'get', answerLevel: true },
      { device: 0, error: 'nack-address' },
      { device: 0, error: 'not-granted', detail: 'address 0x50 is not granted' },
    ])
    expect(transcript.dropped).toBeUndefined()
  })

  test('tells when each began, and how long it took', async () => {
    const { rows } = await recorded()
    const times = rows.map(({ atUs }) => atUs)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(times.every((us) => us > 0 && us < 60_000_000)).toBe(true)
  })

  test('is not kept where nobody asked for it', async () => {
    const { report } = await runOnce(await openHal(devices), grants, steps)
    expect(report?.transcript).toBeUndefined()
  })

  test('counts what an I/O worker took with it when it died, and has no gap', async () => {
    const crashing = { ...i2c('temp', SENSOR), addresses: [SENSOR, CRASHES] }
    const played: Step[] = [
      { call: { op: 'set', level: true }, device: 1 },
      { call: read(SENSOR, 2) },
      { call: { op: 'set', level: false }, device: 1 },
      { call: read(CRASHES, 1) },
      { call: read(SENSOR, 2) },
      { call: { op: 'get' }, device: 1 },
    ]
    const hal = await openHal([crashing, gpio('lamp', 4, { safe: 'hold' }, '/dev/zero')])
    const { report } = await runOnce(hal, [grant('temp', 'i2c'), grant('lamp', 'gpio')], played, true)
    expect(report?.transcript?.rows).toMatchObject([{ device: 1, op: 'set', level: true }])
    expect(report?.transcript?.dropped).toBe(5)
    const { report: next } = await runOnce(hal, [grant('temp', 'i2c')], [{ call: read(SENSOR, 2) }], true)
    expect([next?.transcript?.rows.length, next?.transcript?.dropped]).toEqual([1, undefined])
  })

  const row = (sequence: number, sizeBytes: number) => ({
    sequence,
    device: 0,
    operation: { op: 'get' as const },
    answer: { data: [new Uint8Array(sizeBytes)] },
    atUs: 1,
    tookUs: 1,
  })

  test('of many operations ends at its bound, counts the rest, and has no gap', () => {
    const [a, b] = [new Recorder(transcriptLimits), new Recorder(transcriptLimits)]
    for (let at = 0; at < 2 * MAX_TRANSCRIPT_ROWS; at++) (at % 3 === 0 ? a : b).add(row(at, 1))
    const { rows, dropped } = mergeRows([], [a.take(), b.take()], 2 * MAX_TRANSCRIPT_ROWS)
    expect(rows.length).toBe(MAX_TRANSCRIPT_ROWS)
    expect(dropped).toBe(MAX_TRANSCRIPT_ROWS)
  })

  test('of long operations fits its message; what follows the first that did not fit is left out too', () => {
    const [a, b] = [new Recorder(transcriptLimits), new Recorder(transcriptLimits)]
    for (let at = 0; at < 40; at += 2) a.add(row(at, 60_000))
    for (let at = 1; at < 40; at += 2) b.add(row(at, 1))
    const transcript = mergeRows([], [a.take(), b.take()], 40)
    expect(Transcript.encode(transcript).length).toBeLessThanOrEqual(Transcript.maxBytes)
    expect(transcript.rows.length).toBeGreaterThan(20)
    expect(transcript.rows.map(({ data }) => data?.[0]?.length)).toEqual(
      transcript.rows.map((_, at) => (at % 2 === 0 ? 60_000 : 1)),
    )
    expect(transcript.dropped).toBe(40 - transcript.rows.length)
  })
})

describe('a replay [P-10.6]', () => {
  test('answers as the devices did, with none of them there', async () => {
    const { answers, difference } = await replay(await recorded(), steps)
    expect(answers).toEqual([
      { data: [Uint8Array.of(1, 2)] },
      {},
      { level: true },
      { error: 'nack-address' },
      { error: 'not-granted', detail: 'address 0x50 is not granted' },
    ])
    expect(difference).toBeUndefined()
  })

  test.each<[string, Step[], string]>([
    [
      'another register',
      [{ call: read(SENSOR, 2, 0xf7) }],
      'replay differs at operation 1: temp transfer 0x76 write f7 read 2 was asked for, the record has temp transfer 0x76 write d0 read 2',
    ],
    [
      'another device',
      [{ call: read(SENSOR, 2) }, { call: read(NACK, 1) }],
      'replay differs at operation 2: temp transfer 0x11 write d0 read 1 was asked for, the record has lamp set high',
    ],
    [
      'another level',
      [{ call: read(SENSOR, 2) }, { call: { op: 'set', level: false }, device: 1 }],
      'replay differs at operation 2: lamp set low was asked for, the record has lamp set high',
    ],
    [
      'one too many',
      [...steps, { call: { op: 'get' }, device: 1 }],
      'replay differs at operation 6: lamp get was asked for, the record has the end',
    ],
  ])('names the first operation that differs: %s', async (_, played, expected) => {
    const { answers, difference } = await replay(await recorded(), played)
    expect(difference).toBe(expected)
    expect(answers.at(-1)).toBe(expected)
  })

  test('names what is missing', async () => {
    const { difference } = await replay(await recorded(), steps.slice(0, 3))
    expect(difference).toBe(
      'replay differs at operation 4: nothing was asked for, the record has temp transfer 0x11 write d0 read 1',
    )
  })

  test('compares bytes that a text does not show', async () => {
    const long = (last: number): Step => ({
      call: { op: 'transfer', target: SENSOR, segments: [{ kind: 'write', bytes: new Uint8Array(40).fill(last, 39) }] },
    })
    const { report } = await runOnce(await openHal(devices), [grant('temp', 'i2c')], [long(1)], true)
    if (!report?.transcript) throw new Error('no transcript')
    expect((await replay(report.transcript, [long(1)])).difference).toBeUndefined()
    expect((await replay(report.transcript, [long(2)])).difference).toMatch(/differs at operation 1/)
  })

  test('answers an operation that was begun from its place in the order', async () => {
    const transcript = await recorded()
    const played: Step[] = [
      { begin: read(SENSOR, 2) },
      { call: { op: 'set', level: true }, device: 1 },
      { finish: 0 },
      { call: { op: 'get' }, device: 1 },
    ]
    const { answers } = await replay(transcript, played)
    expect(answers).toEqual([{}, { data: [Uint8Array.of(1, 2)] }, { level: true }])
  })
})
