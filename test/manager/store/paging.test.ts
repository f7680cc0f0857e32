import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Page, PageQuery } from '../../../manager/store/store.ts'
import { functionName, userId } from '../../../shared/ids.ts'
import { completed, jobRecord, newTask, placed } from './records.ts'
import { store } from './support.ts'

async function allPages<T>(page: (query: PageQuery) => Promise<Page<T>>, limit: number): Promise<T[]> {
  const items: T[] = []
  let query: PageQuery | undefined = { limit }
  while (query) {
    const { items: more, next }: Page<T> = await page(query)
    expect(more.length).toBeLessThanOrEqual(limit)
    items.push(...more)
    query = next === undefined ? undefined : { limit, cursor: next }
  }
  return items
}

const users = ['alice', 'bob'].map(userId)
const functions = ['thermo', 'pump'].map(functionName)
const pick = <T>(from: readonly T[]) => fc.constantFrom(...from)
const maybe = <T>(from: readonly T[]) => fc.option(pick(from), { nil: undefined })
const job = fc.record({
  user: pick(users),
  function: pick(functions),
  tasks: fc.integer({ min: 1, max: 4 }),
  ends: fc.boolean(),
})
const filter = fc.record({
  user: maybe(users),
  function: maybe(functions),
  state: maybe(['scheduled', 'completed'] as const),
})

describe('pages', () => {
  it('put together are the whole list, each row once, though all times tie', { timeout: 60_000 }, async () => {
    const opened = await store()
    let n = 0
    const property = fc.asyncProperty(
      fc.array(job, { maxLength: 6 }),
      filter,
      fc.integer({ min: 1, max: 7 }),
      async (jobs, wanted, limit) => {
        for (const { ends, ...given } of jobs) {
          n++
          const indexes = Array.from({ length: given.tasks }, (_, index) => index)
          const name = given.function
          const tasks = indexes.map((index) => newTask(n, index, { state: { function: name } }))
          await opened.addJob(
            jobRecord(n, given),
            tasks,
            indexes.map((index) => placed(n, index)),
          )
          if (ends) await opened.step(completed(n))
        }
        const { state: _, ...ofJobs } = wanted
        const defined = <T extends object>(value: T) =>
          Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined))
        const every = { limit: 1000 }
        const wholeTasks = await opened.tasks(defined(wanted), every)
        const wholeJobs = await opened.jobs(defined(ofJobs), every)
        expect(await allPages((query) => opened.tasks(defined(wanted), query), limit)).toEqual(wholeTasks.items)
        expect(await allPages((query) => opened.jobs(defined(ofJobs), query), limit)).toEqual(wholeJobs.items)
        const ids = wholeTasks.items.map(({ id }) => id)
        expect(ids).toEqual([...new Set(ids)].sort().reverse())
        for (const task of wholeTasks.items) if (wanted.function) expect(task.function).toBe(wanted.function)
      },
    )
    await fc.assert(property, { numRuns: 40 })
  })

  it('go on where they were when rows come and go between them', async () => {
    const opened = await store()
    const add = (n: number) => opened.addJob(jobRecord(n), [newTask(n)], [placed(n)])
    for (let n = 1; n <= 6; n++) await add(n)
    await opened.step(completed(5, 0, 1))
    const first = await opened.jobs({}, { limit: 2 })
    await add(7)
    await opened.prune(1_750_000_000_000, { jobsMs: 1, jobs: 99, deploymentResults: 9 })
    const second = await opened.jobs({}, { limit: 2, cursor: first.next ?? '' })
    expect([...first.items, ...second.items].map(({ key }) => key)).toEqual(['key-6', 'key-5', 'key-4', 'key-3'])
  })
})
