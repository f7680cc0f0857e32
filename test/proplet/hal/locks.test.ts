import { describe, expect, test } from 'vitest'
import { Locks } from '../../../proplet/hal/locks.ts'
import { settle } from '../../support/test-clock.ts'

const never = new AbortController().signal
const alone = (...places: string[]) => places.map((place) => ({ place, shared: false }))
const shared = (...places: string[]) => places.map((place) => ({ place, shared: true }))

/** Who has got what it wanted, in that order; each gives back when it is told to. */
function queue() {
  const locks = new Locks()
  const got: string[] = []
  const want = (name: string, wanted: ReturnType<typeof alone>, signal = never) => {
    const held = locks.acquire(wanted, signal).then((release) => {
      if (release) got.push(name)
      return release
    })
    return async () => (await held)?.()
  }
  return { locks, got, want }
}

describe('locks', () => {
  test('are given in the order in which they were asked for', async () => {
    const { got, want } = queue()
    const [a, b, c] = ['a', 'b', 'c'].map((name) => want(name, alone('x')))
    for (const give of [a, b, c]) await give?.()
    expect(got).toEqual(['a', 'b', 'c'])
  })

  test('are shared by those who only look, but not past one who waits to have it alone', async () => {
    const { got, want } = queue()
    const first = want('look 1', shared('x'))
    const second = want('look 2', shared('x'))
    want('alone', alone('x'))
    want('look 3', shared('x'))
    await settle()
    expect(got).toEqual(['look 1', 'look 2'])
    await first()
    await second()
    await settle()
    expect(got).toEqual(['look 1', 'look 2', 'alone'])
  })

  test('are had all at once: who waits for one of two holds neither', async () => {
    const { got, want } = queue()
    const x = want('x', alone('x'))
    const both = want('both', alone('y', 'x'))
    const z = want('z', alone('z'))
    await settle()
    expect(got).toEqual(['x', 'z'])
    await x()
    await settle()
    expect(got).toEqual(['x', 'z', 'both'])
    await both()
    await z()
  })

  test('asked for in opposite orders do not wait for each other for ever', async () => {
    const { got, want } = queue()
    const one = want('one', alone('x', 'y'))
    const two = want('two', alone('y', 'x'))
    await one()
    await two()
    expect(got).toEqual(['one', 'two'])
  })

  test('that are no longer wanted keep nobody waiting', async () => {
    const { locks, got, want } = queue()
    const abort = new AbortController()
    const first = want('first', shared('x'))
    want('gone', alone('x'), abort.signal)
    want('look', shared('x'))
    abort.abort()
    await settle()
    expect(got).toEqual(['first', 'look'])
    expect(locks.waiting).toBe(0)
    await first()
  })

  test('given back twice are given back once', async () => {
    const locks = new Locks()
    const release = await locks.acquire(alone('x'), never)
    release?.()
    const next = await locks.acquire(alone('x'), never)
    release?.()
    expect(locks.tryAcquire(alone('x'))).toBeUndefined()
    next?.()
  })
})
