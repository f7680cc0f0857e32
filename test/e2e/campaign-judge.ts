import type { Answer } from '../../shared/messages/index.ts'

/** What a user has asked for, and what it has heard: all that the judge knows. */
export type Submitted = {
  readonly key: string
  readonly function: string
  readonly export: 'add' | 'spin'
  /** Arguments of each task. */
  readonly calls: readonly (readonly number[])[]
}
/** Every message in the order of receipt, as it came. */
export type HeardLog = readonly string[]

export type Verdict = {
  readonly violations: readonly string[]
  readonly acceptedJobs: number
  readonly acceptedTasks: number
  /** Tasks whose result came from a later attempt than the first. */
  readonly retried: number
}

/** Refusals of a moment; the user publishes again. */
const PASSING = ['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'UNPLACEABLE']

/** Whether the user was served as promised: accepted is never lost, and a task has one result, the right one. */
export function judge(jobs: ReadonlyMap<string, Submitted>, log: HeardLog): Verdict {
  const violations: string[] = []
  const jobIds = new Map<string, string>()
  const taskIds = new Map<string, string>()
  const results = new Map<string, { content: string; answer: Answer }>()

  function same(known: Map<string, string>, name: string, id: string, what: string): void {
    const first = known.get(name) ?? id
    known.set(name, first)
    if (first !== id) violations.push(`${name}: is ${what} ${first}, and ${what} ${id}`)
  }

  for (const text of log) {
    const answer = JSON.parse(text) as Answer
    const { key = '', job, task, type } = answer
    const submitted = jobs.get(key)
    if (!submitted) violations.push(`${key}: was never submitted: ${text}`)
    else if (type === 'error' && !PASSING.includes(answer.error?.code ?? '')) violations.push(`${key}: ${text}`)
    if (job) same(jobIds, key, job, 'job')
    if (!task || !submitted) continue
    same(taskIds, `${key}[${answer.index}]`, task, 'task')
    if (type !== 'result') continue
    const content = contentOf(answer)
    const first = results.get(task)
    if (!first) results.set(task, { content, answer })
    else if (first.content !== content) violations.push(`${key}: two results of ${task}: ${first.content} ${content}`)
  }
  for (const { answer } of results.values()) {
    const submitted = jobs.get(answer.key ?? '')
    const args = submitted?.calls[answer.index ?? -1]
    if (!submitted || !args) violations.push(`${answer.key}[${answer.index}]: there is no such task`)
    else if (answer.state !== 'completed' || answer.value !== expected(submitted.export, args))
      violations.push(`${answer.key}[${answer.index}]: of ${args} is ${JSON.stringify(answer)}`)
  }
  let acceptedTasks = 0
  for (const { key, calls } of jobs.values()) {
    if (!jobIds.has(key)) violations.push(`${key}: was never accepted`)
    else acceptedTasks += calls.length
    for (const index of calls.keys()) {
      const task = taskIds.get(`${key}[${index}]`)
      if (jobIds.has(key) && (!task || !results.has(task)))
        violations.push(`${key}[${index}]: was accepted and has no result`)
    }
  }
  const retried = [...results.values()].filter(({ answer }) => (answer.attempt ?? 1) > 1).length
  return { violations, acceptedJobs: jobIds.size, acceptedTasks, retried }
}

/** A result without what differs when it is said again. */
function contentOf({ repeated: _, ...answer }: Answer): string {
  return JSON.stringify(answer, Object.keys(answer).sort())
}

/** What the examples compute, in other words than theirs. */
export function expected(name: Submitted['export'], args: readonly number[]): number {
  const [first = 0, second = 0] = args
  if (name === 'add') return (first + second) | 0
  let hash = 2_166_136_261
  for (let step = 0; step < first; step++) hash = Math.imul(hash ^ step, 16_777_619)
  return hash | 0
}
