import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSamaraError } from '../../shared/errors.ts'
import { FrameReader, frame, labMessages, MAX_LAB_FRAME_BYTES, propertyValue } from '../../shared/lab/index.ts'
import { type AnyMessage, parse } from '../../shared/schema.ts'

type Row = { message: string; note: string; json: unknown; hex: string }

const vectors: Row[] = JSON.parse(readFileSync(new URL('../../shared/vectors/lab.json', import.meta.url), 'utf8'))
const named = (name: string): AnyMessage => labMessages.find((one) => one.name === name) as AnyMessage

describe("vectors of the lab's socket", () => {
  test.each(vectors)('$message, $note: JSON gives these bytes', ({ message, json, hex }) => {
    expect(named(message).encode(named(message).fromJson(json)).toString('hex')).toBe(hex)
  })

  test.each(vectors)('$message, $note: bytes give this JSON', ({ message, json, hex }) => {
    expect(named(message).toJson(named(message).decode(Buffer.from(hex, 'hex')))).toEqual(json)
  })

  test('every field of both messages is in one', () => {
    for (const { name, fields } of labMessages) {
      const covered = new Set(vectors.flatMap((row) => (row.message === name ? Object.keys(row.json as object) : [])))
      expect([...covered].sort()).toEqual(Object.keys(fields).sort())
    }
  })

  test('a flipped byte or a missing end gives a message or an error with a code', () => {
    fc.assert(
      fc.property(fc.constantFrom(...vectors), fc.nat(), fc.nat({ max: 255 }), (row, place, flip) => {
        const bytes = Buffer.from(row.hex, 'hex')
        const at = place % bytes.length
        bytes[at] = (bytes[at] ?? 0) ^ flip
        try {
          named(row.message).decode(flip === 0 ? bytes.subarray(0, at) : bytes)
        } catch (error) {
          expect(isSamaraError(error)).toBe(true)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('values of properties', () => {
  test.each([0, -40, 21.5, 1e300, 2 ** 60, true, false, '', 'é'.repeat(120)])('%j is one', (value) => {
    expect(parse('value', propertyValue, value)).toBe(value)
  })

  test.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY, [], {}, 'é'.repeat(121)])('%j is none', (value) => {
    expect(() => parse('value', propertyValue, value)).toThrow(/a number, true, false or a text|required/)
  })
})

describe('frames', () => {
  const messages = [Buffer.of(1), Buffer.alloc(300, 7), Buffer.alloc(0), Buffer.alloc(70_000, 9)]
  const stream = Buffer.concat(messages.map((one) => frame(one)))

  test('are four bytes of length, big-endian, and the message', () => {
    expect(frame(Buffer.of(0xa1, 0x01, 0x02)).toString('hex')).toBe('00000003a10102')
  })

  test('come out whole, however the stream was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 40 }), (cuts) => {
        const reader = new FrameReader()
        const came: Uint8Array[] = []
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const end = at + (cuts[turn % cuts.length] as number)
          came.push(...reader.push(stream.subarray(at, end)).map((one) => Uint8Array.from(one)))
          at = end
        }
        expect(came.map((one) => Buffer.compare(one, messages[came.indexOf(one)] as Buffer))).toEqual([0, 0, 0, 0])
      }),
      { numRuns: 50 },
    )
  })

  test('a length beyond the bound is refused before anything is kept of it', () => {
    const head = Buffer.alloc(4)
    head.writeUInt32BE(MAX_LAB_FRAME_BYTES + 1)
    expect(() => new FrameReader().push(head)).toThrow(/1048577 bytes, at most 1048576 expected/)
    expect(() => frame(Buffer.alloc(MAX_LAB_FRAME_BYTES + 1))).toThrow(/at most 1048576/)
  })
})
