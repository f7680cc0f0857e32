import { describe, expect, test } from 'vitest'
import type { Answer } from '../../shared/messages/index.ts'
import { expected, judge, type Submitted } from './campaign-judge.ts'

const job: Submitted = { key: 'k1', function: 'add', export: 'add', calls: [[2, 3]] }
const jobs = new Map([[job.key, job]])
const accepted = { type: 'accepted', key: 'k1', job: 'j1', tasks: 1 }
const result = { type: 'result', key: 'k1', job: 'j1', task: 't1', index: 0, state: 'completed', value: 5, attempt: 1 }

const verdict = (...answers: object[]) =>
  judge(
    jobs,
    answers.map((answer) => JSON.stringify(answer as Answer)),
  )

describe('the judge of the fault campaign', () => {
  test('finds nothing where all is well, said once or more', () => {
    expect(verdict(accepted, result, { ...result, repeated: true })).toEqual({
      violations: [],
      acceptedJobs: 1,
      acceptedTasks: 1,
      retried: 0,
    })
  })

  test('counts results of later attempts', () => {
    expect(verdict(accepted, { ...result, attempt: 3 })).toMatchObject({ violations: [], retried: 1 })
  })

  test.each([
    ['a job that was never accepted', [], /never accepted/],
    ['an accepted task without a result', [accepted], /accepted and has no result/],
    ['a wrong value', [accepted, { ...result, value: 6 }], /of 2,3 is .*"value":6/],
    ['a task that did not complete', [accepted, { ...result, state: 'unknown' }], /"state":"unknown"/],
    ['two different results of one task', [accepted, result, { ...result, value: 6 }], /two results of t1/],
    ['a result of another attempt', [accepted, result, { ...result, attempt: 2 }], /two results of t1/],
    ['a job that was taken twice', [accepted, result, { ...accepted, job: 'j2' }], /is job j1, and job j2/],
    ['a task that was made twice', [accepted, result, { ...result, task: 't2' }], /is task t1, and task t2/],
    ['a task that nobody asked for', [accepted, result, { ...result, task: 't2', index: 1 }], /no such task/],
    ['an answer to somebody else', [accepted, result, { ...accepted, key: 'k2' }], /never submitted/],
    ['an error', [accepted, result, { type: 'error', key: 'k1', error: { code: 'INTERNAL' } }], /INTERNAL/],
  ])('finds %s', (_, answers, found) => {
    const { violations } = verdict(...answers)
    expect(violations).toHaveLength(1)
    expect(violations[0]).toMatch(found)
  })

  test('knows what the functions compute', () => {
    expect(expected('add', [2_147_483_647, 1])).toBe(-2_147_483_648)
    // FNV-1a of the byte 0, as its authors publish it.
    expect(expected('spin', [1])).toBe(0x050c5d1f)
  })
})
