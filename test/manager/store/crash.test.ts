import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { userId } from '../../../shared/ids.ts'
import { ALICE, EDGE, jobRecord, newTask, placed } from './records.ts'
import { refusal, store, temporaryFolder } from './support.ts'

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}.ts`, import.meta.url))
const ROUNDS = 10
const LONGEST_MS = 150

/** Lets a child write into `dir` for `ms`, kills it, and gives the numbers of the jobs that it was told are accepted. */
async function killedWriter(dir: string, first: number, ms: number): Promise<number[]> {
  const child = spawn(process.execPath, [fixture('writer'), dir, `${first}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines: string[] = []
  const reader = createInterface(child.stdout).on('line', (line) => lines.push(line))
  const closed = once(reader, 'close')
  await once(reader, 'line')
  // The one wait in real time here: a kill at a random moment is what the test is about.
  await sleep(ms)
  child.kill('SIGKILL')
  await Promise.all([exited, closed])
  return lines.slice(1).map(Number)
}

describe('after kill -9 in the middle of writes', () => {
  it('everything that was accepted is there', { timeout: 60_000 }, async () => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
    console.log(`seed of the moments to kill: ${seed}`)
    const moments = fc.sample(fc.integer({ min: 0, max: LONGEST_MS }), { seed, numRuns: ROUNDS })
    const dir = join(await temporaryFolder(), 'data')
    const accepted: number[] = []
    for (const [round, ms] of moments.entries()) {
      // Lines can be cut by the kill, so each round has numbers of one length.
      const written = await killedWriter(dir, (round + 1) * 1_000_000, ms)
      accepted.push(...written.filter((n) => n >= 1_000_000))
      const opened = await store({ dir })
      const found = await Promise.all(accepted.map((n) => opened.attempts(newTask(n).task.id)))
      expect(found.map((attempts) => attempts.length)).toEqual(accepted.map(() => 1))
      const { tasks } = await opened.counts()
      // A job comes with its placement or not at all.
      expect(Object.keys(tasks).filter((state) => state !== 'scheduled')).toEqual([])
      await opened.close()
    }
    expect(accepted.length).toBeGreaterThan(ROUNDS)
  })
})

describe('when the thread crashes', () => {
  it('refuses the calls under way, and starts another for the next', async () => {
    const told: string[] = []
    const log = { error: (_: object, text: string) => void told.push(text) }
    const opened = await store({ log, worker: new URL('./fixtures/crashing-worker.ts', import.meta.url) })
    const user = { tokenHash: 'aa', role: 'user', createdMs: 1 } as const
    await opened.putUser({ ...user, id: ALICE })
    const calls = [opened.putUser({ ...user, id: userId('crash') }), opened.proplets()]
    for (const call of calls) expect((await refusal(call)).code).toBe('UNAVAILABLE')
    expect((await opened.users()).map(({ id }) => id)).toContain(ALICE)
    expect(opened.statistics()).toMatchObject({ waiting: 0, crashes: 1 })
    expect(told).toHaveLength(1)
    await opened.addJob(jobRecord(1), [newTask(1)], [placed(1)])
    expect((await opened.task(newTask(1).task.id))?.proplet).toBe(EDGE)
  })
})

describe('when the disk is full', () => {
  it.runIf(process.platform === 'linux')(
    'refuses what it did not write, reads on, and writes again later',
    async () => {
      const dir = join(await temporaryFolder(), 'data')
      const child = spawn(process.execPath, [fixture('full-disk'), dir], { stdio: ['ignore', 'pipe', 'inherit'] })
      const chunks = await child.stdout.toArray()
      const told = JSON.parse(Buffer.concat(chunks).toString())
      expect(told).toMatchObject({ readWhileFull: true, after: true, blob: 'RESOURCE_EXHAUSTED' })
      expect(told.refused.length).toBeGreaterThan(0)
      for (const { code, message } of told.refused) {
        expect(['UNAVAILABLE', 'RESOURCE_EXHAUSTED']).toContain(code)
        expect(message).toContain(join(dir, 'samara.db'))
      }
      const opened = await store({ dir })
      const found = async (numbers: number[]) =>
        (await Promise.all(numbers.map((n) => opened.job(jobRecord(n).id)))).filter((job) => job !== undefined).length
      expect(await found(told.accepted)).toBe(told.accepted.length)
      expect(await found(told.refused.map(({ n }: { n: number }) => n))).toBe(0)
    },
  )
})
