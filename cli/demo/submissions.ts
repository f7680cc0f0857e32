import { randomUUID } from 'node:crypto'
import { SamaraError } from '../../shared/errors.ts'
import { type AnswerView, SubmittedView } from '../api.ts'
import type { Io } from '../io.ts'
import { runCli } from '../programs.ts'
import { exactJson } from '../values.ts'
import { type Example, exampleFile } from './examples.ts'
import { overMqtt } from './mqtt-user.ts'
import { type Stage, withoutSettings } from './stage.ts'

/** One call of the demo: what is asked, how it is submitted, and what must come of it. */
export type Submission = {
  readonly function: Example
  readonly export?: string
  readonly args?: readonly unknown[]
  readonly argv?: readonly string[]
  readonly over: 'HTTP' | 'CLI' | 'MQTT'
  /** The value as JSON, or the whole standard output. */
  readonly expected: string
}

export const submissions: readonly Submission[] = [
  { function: 'add', export: 'add', args: [2, 3], over: 'HTTP', expected: '5' },
  { function: 'values', export: 'echo-string', args: ['jä'], over: 'HTTP', expected: '"jä"' },
  { function: 'greet', argv: ['ada'], over: 'HTTP', expected: 'hello ada\n' },
  {
    function: 'line-stats',
    export: 'summarise',
    args: [[1, 2, 3]],
    over: 'CLI',
    expected: '{"ok":{"mean":2,"min":1,"max":3,"variance":0.6666666666666666,"count":3}}',
  },
  { function: 'greet', argv: ['grace'], over: 'CLI', expected: 'hello grace\n' },
  { function: 'add', export: 'mul', args: [6, 7], over: 'MQTT', expected: '42' },
  {
    function: 'values',
    export: 'total',
    args: [['9007199254740993', 1]],
    over: 'MQTT',
    expected: '"9007199254740994"',
  },
]

/** Submits it, waits for its end and checks what came; resolves with the task. */
export async function play(io: Io, stage: Stage, submission: Submission): Promise<string> {
  const answer = await answered(io, stage, submission)
  const got = answer.stdout ?? JSON.stringify(answer.value)
  if (answer.outcome === 'completed' && got === submission.expected && answer.task !== undefined) return answer.task
  const said = answer.error ? `, ${answer.error.message}` : ''
  throw new SamaraError(
    'FAILED_PRECONDITION',
    `${submission.function} over ${submission.over}: ${answer.outcome}${said}, gave ${got}`,
    { expected: submission.expected },
  )
}

type Answered = Pick<AnswerView, 'task' | 'outcome' | 'value' | 'stdout' | 'error'>

async function answered(io: Io, stage: Stage, submission: Submission): Promise<Answered> {
  const { over, expected: _, ...job } = submission
  switch (over) {
    case 'CLI':
      return overCli(io, stage, submission)
    case 'MQTT':
      return (await overMqtt(io, stage.broker, job as never)) as Answered
    case 'HTTP': {
      const body = { key: randomUUID(), ...job }
      const { results } = await stage.client.post(SubmittedView, '/v1/jobs', body, { query: { wait: 20_000 } })
      return results?.[0] ?? { outcome: 'not ended within 20 s' }
    }
  }
}

/** As somebody at a terminal would; a file is uploaded first. */
async function overCli(io: Io, stage: Stage, submission: Submission): Promise<Answered> {
  const words = submission.argv ?? (submission.args ?? []).map((one) => JSON.stringify(one))
  const which = submission.export === undefined ? [] : ['--export', submission.export]
  const line = [
    'run',
    exampleFile(submission.function),
    ...which,
    '--json',
    '--manager',
    stage.client.url,
    '--',
    ...words,
  ]
  const { code, stdout, stderr } = await runCli(io, line, withoutSettings(io))
  if (code === 0) return exactJson(stdout) as Answered
  throw new SamaraError('FAILED_PRECONDITION', `samara run ${submission.function}: exit code ${code}: ${stderr.trim()}`)
}
