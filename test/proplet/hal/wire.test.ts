import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capacityFor, decodeAnswer, decodeOperation, encodeAnswer, encodeOperation } from '../../../proplet/hal/wire.ts'
import {
  type Answer,
  busErrors,
  busOperations,
  MAX_SEGMENTS,
  type Operation,
  type Segment,
} from '../../../shared/bus.ts'

const uint32 = fc.nat(0xffff_ffff)
const bytes = fc.uint8Array({ maxLength: 40 })
const segment: fc.Arbitrary<Segment> = fc.oneof(
  fc.record({ kind: fc.constantFrom('read', 'delay'), length: uint32 }),
  fc.record({ kind: fc.constantFrom('write', 'transfer'), bytes }),
)
const operation: fc.Arbitrary<Operation> = fc.record(
  {
    op: fc.constantFrom(...busOperations),
    target: uint32,
    timeoutMs: uint32,
    level: fc.boolean(),
    segments: fc.array(segment, { maxLength: MAX_SEGMENTS }),
  },
  { requiredKeys: ['op'] },
)
const answer: fc.Arbitrary<Answer> = fc.record(
  {
    data: fc.array(bytes, { maxLength: MAX_SEGMENTS }),
    level: fc.boolean(),
    error: fc.constantFrom(...busErrors),
    detail: fc.string({ maxLength: 120 }),
  },
  { requiredKeys: [] },
)

const room = () => new Uint8Array(new SharedArrayBuffer(capacityFor(4096)))

describe('operations and answers in shared memory', () => {
  test('come out as they went in', () => {
    void fc.assert(
      fc.property(operation, (one) => {
        const into = room()
        const size = encodeOperation(one, into) ?? 0
        expect(decodeOperation(into.subarray(0, size))).toEqual(one)
      }),
    )
    void fc.assert(
      fc.property(answer, (one) => {
        const into = room()
        const size = encodeAnswer(one, into)
        expect(decodeAnswer(into.subarray(0, size))).toEqual(one)
      }),
    )
  })

  test('are copies: what is changed in shared memory afterwards changes nothing', () => {
    const into = room()
    const size = encodeAnswer({ data: [Uint8Array.of(1, 2)] }, into)
    const decoded = decodeAnswer(into.subarray(0, size))
    into.fill(0xff)
    expect(decoded).toEqual({ data: [Uint8Array.of(1, 2)] })
  })

  test('that are damaged throw or are an operation: they reach no byte beyond their own', () => {
    void fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (damaged) => {
        try {
          expect(busOperations).toContain(decodeOperation(damaged).op)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('an operation that does not fit is not written', () => {
    const long: Operation = { op: 'transfer', segments: [{ kind: 'write', bytes: new Uint8Array(70_000) }] }
    expect(encodeOperation(long, room())).toBeUndefined()
    const many: Operation = { op: 'transfer', segments: new Array(65).fill({ kind: 'read', length: 1 }) }
    expect(encodeOperation(many, room())).toBeUndefined()
  })

  test('a length beyond 32 bits is the largest of 32 bits, so that it is found too long', () => {
    const into = room()
    const size = encodeOperation({ op: 'transfer', segments: [{ kind: 'read', length: 2 ** 40 }] }, into) ?? 0
    expect(decodeOperation(into.subarray(0, size)).segments).toEqual([{ kind: 'read', length: 0xffff_ffff }])
  })
})
