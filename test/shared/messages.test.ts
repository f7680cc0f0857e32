import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allMessages } from '../../shared/derive/tables.ts'
import { isSamaraError } from '../../shared/errors.ts'
import type { AnyMessage } from '../../shared/schema.ts'
import { topics } from '../../shared/topics.ts'

type Row = { message: string; note: string; json: unknown; hex: string }
type Hostile = { message: string; note: string; hex: string; error: string }

const read = <T>(name: string): T[] =>
  JSON.parse(readFileSync(new URL(`../../shared/vectors/${name}.json`, import.meta.url), 'utf8'))
const vectors = read<Row>('messages')
const hostile = read<Hostile>('hostile')
const messages = new Map([...allMessages()].map((message) => [message.name, message]))

function named(name: string): AnyMessage {
  const message = messages.get(name)
  if (!message) throw new Error(`no message ${name}`)
  return message
}

const plain = (json: unknown) =>
  JSON.parse(JSON.stringify(json, (_, value) => (typeof value === 'bigint' ? `${value}` : value)))
const bytes = (hex: string) => Buffer.from(hex, 'hex')

describe('vectors of messages [P-1.3]', () => {
  test.each(vectors)('$message, $note: JSON gives these bytes', ({ message, json, hex }) => {
    const kind = named(message)
    expect(kind.encode(kind.fromJson(json)).toString('hex')).toBe(hex)
  })

  test.each(vectors)('$message, $note: bytes give this JSON', ({ message, json, hex }) => {
    const kind = named(message)
    expect(plain(kind.toJson(kind.decode(bytes(hex))))).toEqual(json)
  })

  test('every message and document has one', () => {
    const covered = new Set(vectors.map((row) => row.message))
    expect([...messages.keys()].filter((name) => !covered.has(name))).toEqual([])
  })
})

describe('bytes that are refused', () => {
  test.each(hostile)('$message: $note', ({ message, hex, error }) => {
    const act = () => named(message).decode(bytes(hex))
    expect(act).toThrow(error)
    expect(act).toThrow(expect.objectContaining({ name: 'SamaraError' }))
  })

  test('eight unknown keys are skipped [P-1.5]', () => {
    const unknown = Array.from({ length: 8 }, (_, index) => `18${(25 + index).toString(16)}00`).join('')
    expect(named('alive').decode(bytes(`ac0107020003000400${unknown}`))).toMatchObject({ epoch: 7 })
  })

  test('a message beyond its bound is refused before it is read', () => {
    expect(() => named('alive').decode(Buffer.alloc(100_000, 0x81))).toThrow(/cbor: 100000 bytes, at most/)
  })

  test('any truncation of any vector is an error with a code', () => {
    for (const { message, hex } of vectors)
      for (let end = 0; end < hex.length / 2; end++)
        expect(() => named(message).decode(bytes(hex).subarray(0, end))).toThrow(
          expect.objectContaining({ name: 'SamaraError' }),
        )
  })

  test('any bytes give a message or an error with a code', () => {
    const kind = fc.constantFrom(...messages.values())
    fc.assert(
      fc.property(kind, fc.uint8Array({ maxLength: 200 }), (message, garbage) => {
        try {
          message.decode(garbage)
        } catch (error) {
          expect(isSamaraError(error)).toBe(true)
        }
      }),
    )
  })

  test('a flipped byte of a vector gives the same bytes again, or an error with a code', () => {
    fc.assert(
      fc.property(fc.constantFrom(...vectors), fc.nat(), fc.integer({ min: 1, max: 255 }), (row, place, flip) => {
        const mutated = bytes(row.hex)
        const at = place % mutated.length
        mutated[at] = (mutated[at] ?? 0) ^ flip
        const kind = named(row.message)
        try {
          kind.encode(kind.decode(mutated))
        } catch (error) {
          expect(isSamaraError(error)).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('sizes [P-1.6]', () => {
  const LONGEST = { proplet: 'p'.repeat(48), user: 'u'.repeat(48), deployment: `d${'0'.repeat(20)}` }
  // A hello is as long as the profile of the one that sends it, who may receive less than it sends.
  const ofProplets = Object.entries(topics).filter(
    ([name, topic]) =>
      topic.template.startsWith('p/') && topic.carries.name !== 'blob-chunk' && !['hello', 'result'].includes(name),
  )
  const packetBytes = (topic: (typeof ofProplets)[number][1]) => {
    const name = (topic.of as (namespace: string, names: typeof LONGEST) => string)('n'.repeat(24), LONGEST)
    return 1 + 2 + 2 + name.length + 2 + topic.carries.maxBytes
  }

  test.each(ofProplets)('%s fits a packet of 1,024 bytes at its longest', (_, topic) => {
    expect(packetBytes(topic)).toBeLessThanOrEqual(1024)
  })

  test('a result fits one too, with its body as a blob', () => {
    const bodyBytes = topics.result.carries.fields.body.type.maxBytes
    expect(packetBytes(topics.result) - bodyBytes).toBeLessThanOrEqual(1024)
  })
})
