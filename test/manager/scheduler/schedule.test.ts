import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPlaced, schedule } from '../../../manager/scheduler/select.ts'
import type { Candidate, Requirement } from '../../../manager/scheduler/snapshot.ts'
import type { Digest, PropletId } from '../../../shared/ids.ts'
import { parseSelector } from '../../../shared/selector.ts'

const image = { recipe: 'artefact', format: 'core-module', digest: 'ab'.repeat(32) as Digest, sizeBytes: 1000 } as const

const proplet = (id: string, change: Partial<Candidate> = {}): Candidate => ({
  id: id as PropletId,
  liveness: 'on-time',
  conflicting: false,
  labels: {},
  formats: ['core-module', 'component'],
  slots: 2,
  queue: 4,
  assigned: 0,
  memoryBytes: 1 << 20,
  maxImageBytes: 1 << 20,
  interfaces: [],
  devices: [],
  triggers: [],
  caches: () => false,
  ...change,
})

const need = (change: Partial<Requirement> = {}): Requirement => ({
  images: [image],
  minMemoryPages: 1,
  interfaces: [],
  grants: [],
  selector: [],
  avoid: new Set(),
  ...change,
})

describe('feasible: every proplet has its reason', () => {
  test.each([
    ['is lost', proplet('a', { liveness: 'lost' }), need(), true],
    ['is unknown', proplet('a', { liveness: 'unknown' }), need(), true],
    ['is full: 6 of 6', proplet('a', { assigned: 6 }), need(), true],
    ['two devices use this id', proplet('a', { conflicting: true }), need(), true],
    ['has never connected', proplet('a', { formats: [], slots: 0 }), need(), true],
    ['loads component, and not core-module', proplet('a', { formats: ['component'] }), need(), false],
    ['holds images of 999 bytes, this one has 1000', proplet('a', { maxImageBytes: 999 }), need(), false],
    [
      'has 1048576 bytes of memory for an instance, this one needs 2097152',
      proplet('a'),
      need({ minMemoryPages: 32 }),
      false,
    ],
    [
      'has 2000 bytes of memory for an instance, this one needs 2128',
      proplet('a', { formats: ['lowered-core'], memoryBytes: 2000 }),
      need({ images: [image, { ...image, recipe: 'shrunk-core', format: 'lowered-core' }], dataBytes: 2128 }),
      false,
    ],
    [
      'label line is "2", not "1"',
      proplet('a', { labels: { line: '2' } }),
      need({ selector: parseSelector('line=1') }),
      false,
    ],
    ['the job names b', proplet('a'), need({ proplet: 'b' as PropletId }), false],
  ])('%s', (reason, one, wanted, later) => {
    expect(schedule(wanted, [one])).toEqual({ later, reasons: [`a: ${reason}`] })
  })

  test('without a proplet it says so', () => {
    expect(schedule(need(), [])).toEqual({ later: false, reasons: ['there is no proplet yet'] })
  })

  test('a proplet that loads lowered cores gives what they declare, any other one whole pages', () => {
    const small = need({ images: [image, { ...image, format: 'lowered-core' }], dataBytes: 2128 })
    const placed = schedule(small, [proplet('a', { formats: ['lowered-core'], memoryBytes: 4096 })])
    expect(isPlaced(placed) && placed.image.format).toBe('lowered-core')
    expect(isPlaced(schedule(small, [proplet('a', { memoryBytes: 4096 })]))).toBe(false)
  })

  test('a late proplet still gets work, an overdue one does not', () => {
    expect(isPlaced(schedule(need(), [proplet('a', { liveness: 'late' })]))).toBe(true)
    expect(isPlaced(schedule(need(), [proplet('a', { liveness: 'overdue' })]))).toBe(false)
  })
})

describe('rank and select', () => {
  const chosen = (wanted: Requirement, ...proplets: Candidate[]) => {
    const answer = schedule(wanted, proplets)
    return isPlaced(answer) ? answer.proplet : undefined
  }

  test('a free slot goes before a cached image, a cached image before nothing', () => {
    expect(chosen(need(), proplet('a', { assigned: 2, caches: () => true }), proplet('b'))).toBe('b')
    expect(chosen(need(), proplet('a'), proplet('b', { caches: () => true }))).toBe('b')
  })

  test('the less loaded proplet goes first, by its slots and not by its count', () => {
    expect(chosen(need(), proplet('a', { assigned: 1, slots: 2 }), proplet('b', { assigned: 2, slots: 8 }))).toBe('b')
  })

  test('a proplet that lost this task is taken last, but taken', () => {
    const avoid = new Set(['a' as PropletId])
    expect(chosen(need({ avoid }), proplet('a'), proplet('b', { assigned: 5 }))).toBe('b')
    expect(chosen(need({ avoid }), proplet('a'))).toBe('a')
  })

  test('the answer does not depend on the order of the snapshot', () => {
    const any = fc.record({
      id: fc.string({ minLength: 1, maxLength: 3 }),
      assigned: fc.nat(6),
      slots: fc.integer({ min: 1, max: 8 }),
      cached: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.uniqueArray(any, { selector: (one) => one.id, maxLength: 8 }), (rows) => {
        const snapshot = rows.map((row) =>
          proplet(row.id, { assigned: row.assigned, slots: row.slots, caches: () => row.cached }),
        )
        expect(chosen(need(), ...snapshot)).toBe(chosen(need(), ...snapshot.reverse()))
      }),
    )
  })

  test('of several images the first that the proplet loads and holds is taken', () => {
    const component = { ...image, format: 'component', digest: 'cd'.repeat(32) as Digest, sizeBytes: 5000 } as const
    const answer = schedule(need({ images: [component, image] }), [proplet('a', { maxImageBytes: 2000 })])
    expect(answer).toMatchObject({ image })
  })
})
