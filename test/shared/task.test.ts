import { describe, expect, test } from 'vitest'
import { livenessOf, takesWork } from '../../shared/proplet.ts'
import {
  eventOf,
  finalStates,
  isFinal,
  next,
  outcomes,
  retries,
  taskEvents,
  taskStates,
  transitions,
} from '../../shared/task.ts'

describe('life of a task [P-5.1]', () => {
  test('every state and event leads to a known state or means nothing', () => {
    for (const state of taskStates)
      for (const event of taskEvents) expect([...taskStates, undefined]).toContain(next(state, event))
  })

  test('the final states are completed, failed, cancelled and unknown, and nothing leaves them', () => {
    expect(finalStates).toEqual(['completed', 'failed', 'cancelled', 'unknown'])
    for (const state of finalStates) expect(transitions[state]).toEqual({})
  })

  test('every state that is not final reaches a final one', () => {
    const reaches = new Set<string>(finalStates)
    for (let i = 0; i < taskStates.length; i++)
      for (const state of taskStates)
        if (Object.values(transitions[state]).some((to) => reaches.has(to))) reaches.add(state)
    expect([...reaches].sort()).toEqual([...taskStates].sort())
  })

  test.each(['scheduled', 'running', 'cancelling'] as const)('each outcome ends a %s task', (state) => {
    for (const outcome of outcomes) {
      const to = next(state, eventOf(outcome))
      if (to) expect(isFinal(to)).toBe(true)
    }
  })

  test('a lost lease leads to another attempt until the policy ends it', () => {
    const policy = { retries: 2, retryOn: 'lost' } as const
    expect([1, 2, 3].map((attempt) => retries(policy, attempt, 'lost'))).toEqual([true, true, false])
    expect(retries(policy, 1, 'trapped')).toBe(false)
    expect(retries({ ...policy, retryOn: 'any' }, 1, 'trapped')).toBe(true)
    expect(retries({ ...policy, retryOn: 'any' }, 1, 'refused')).toBe(false)
  })
})

describe('liveness [P-3.4]', () => {
  test.each([
    [0, 'on-time'],
    [10_000, 'on-time'],
    [12_500, 'on-time'],
    [12_501, 'late'],
    [20_000, 'overdue'],
    [29_999, 'overdue'],
    [30_000, 'lost'],
  ])('silent for %i ms of a promised 10,000 ms is %s', (silentMs, liveness) => {
    expect(livenessOf(silentMs, 10_000)).toBe(liveness)
  })

  test('a heartbeat that is as late as the interval takes no work away', () => {
    expect(takesWork(livenessOf(19_999, 10_000))).toBe(true)
    expect(takesWork('overdue')).toBe(false)
    expect(takesWork('unknown')).toBe(false)
  })
})
