import { describe, expect, test } from 'vitest'
import { definePart, type PartContext } from '../../../proplet/lab/part.ts'
import { createPart, type PartSpec } from '../../../proplet/lab/parts.ts'
import { virtualTime } from '../../../proplet/lab/time.ts'
import type { LabChange } from '../../../shared/lab/index.ts'

type Name = 'level' | 'text' | 'on' | 'count'

function bench(create: (context: PartContext<Name>) => void = () => undefined, spec: Partial<PartSpec> = {}) {
  const time = virtualTime()
  const changes: LabChange[] = []
  const broken: unknown[] = []
  let given: Readonly<Record<string, unknown>> = {}
  const part = definePart({
    name: 'probe',
    doc: '',
    properties: {
      level: { doc: '', initial: 5, min: 0, max: 10, unit: 'V' },
      text: { doc: '', initial: '' },
      on: { doc: '', initial: false },
      count: { doc: '', initial: 0, readOnly: true },
    },
    options: { size: 8, wide: false },
    create(context, options) {
      given = options
      create(context)
      return {}
    },
  })
  const live = createPart(
    { name: 'p', part, options: {}, initial: {}, ...spec },
    { time, changed: (change) => changes.push(change), broken: (name, error) => broken.push([name, error]) },
  )
  return { live, time, changes, broken, options: () => given }
}

describe('a part of a lab', () => {
  test('has its properties as the lab file sets them, before it is made', () => {
    let seen: unknown
    const { live } = bench(
      (context) => {
        seen = context.get('level')
      },
      { initial: { level: 7 } },
    )
    expect(seen).toBe(7)
    expect(live.get('level')).toBe(7)
  })

  test('has its options with their defaults', () => {
    expect(bench(undefined, { options: { wide: true } }).options()).toEqual({ size: 8, wide: true })
  })

  test('hears of what the outside sets, and the outside of what it sets itself', () => {
    const { live, changes, time } = bench((context) =>
      context.onChange((property, value) => {
        if (property === 'level') context.set('count', Number(value) * 2)
      }),
    )
    time.advance(3000n)
    live.set('level', 4)
    expect(changes).toEqual([
      { part: 'p', property: 'level', value: 4, atUs: 3 },
      { part: 'p', property: 'count', value: 8, atUs: 3 },
    ])
  })

  test('what does not change is no change', () => {
    const { live, changes } = bench()
    live.set('level', 5)
    expect(changes).toEqual([])
  })

  test.each([
    ['level', 11, /p\.level: 11 is not a number from 0 to 10 V/],
    ['level', -1, /from 0 to 10/],
    ['level', '4', /p\.level: "4" is not a number/],
    ['level', Number.NaN, /is not a number/],
    ['text', 4, /p\.text: 4 is not a text/],
    ['on', 1, /p\.on: 1 is not true or false/],
    ['on', undefined, /p\.on/],
    ['count', 1, /part p: count is set by the part alone/],
    ['colour', 1, /part p: has no property colour; it has level, text, on, count/],
    ['constructor', 1, /has no property constructor/],
  ])('%s cannot be %j', (property, value, message) => {
    const { live } = bench()
    expect(() => live.set(property, value)).toThrow(message)
  })

  test.each([
    [{ initial: { level: 11 } }, /p\.level: 11 is not/],
    [{ initial: { mood: 1 } }, /has no property mood/],
    [{ options: { size: 'large' } }, /p\.options\.size: "large" is not a number/],
    [{ options: { colour: 1 } }, /part p: option "colour" does not exist/],
  ])('cannot be built as %j', (spec, message) => {
    expect(() => bench(undefined, spec)).toThrow(message)
  })

  test('one that throws in its timer is reported; time goes on', () => {
    const { time, broken } = bench((context) => {
      context.clock.after(10n, () => {
        throw new Error('smoke')
      })
    })
    time.advance(20n)
    expect(broken).toEqual([['p', new Error('smoke')]])
    expect(time.now()).toBe(20n)
  })

  test('one that sets what no property can be is told so', () => {
    const { broken, time } = bench((context) => {
      context.clock.after(1n, () => context.set('text', 'x'.repeat(241)))
    })
    time.advance(1n)
    expect(broken).toEqual([['p', expect.objectContaining({ code: 'INVALID_ARGUMENT' })]])
  })
})
