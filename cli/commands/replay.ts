import type { Command } from 'commander'
import type { Transcript } from '../../shared/documents/transcript.ts'
import { type AnswerView, TaskView } from '../api.ts'
import { path } from '../client.ts'
import { act, describe, type Host } from '../command.ts'
import { outcomeText } from '../outcome.ts'
import type { Session } from '../session.ts'
import { submit, waitFor } from '../submit.ts'
import { readTranscript } from '../transcript.ts'

type Flags = { readonly version?: string; readonly on?: string; readonly proplet?: string }

/** Outcomes that say nothing of what the function would have done. */
const NOT_JUDGED = ['refused', 'lost', 'expired', 'cancelled', 'timed-out']

export function replay(parent: Command, host: Host): void {
  const command = describe(parent, 'replay <task>', {
    summary: 'run a function again on the recorded answers of its devices, and say whether it does the same',
    more: [
      'The task must have been recorded: samara run --record. Nothing is touched, so it runs anywhere.',
      'Exit code: 0 when every operation was the same; else 1.',
    ].join('\n'),
    examples: [
      ['samara replay TASK', 'the version that ran'],
      ['samara replay TASK --version 4', 'another version, and the first operation in which it differs'],
    ],
  })
    .option('--version <version>', 'version or alias to run (default: the one that ran)')
    .option('--on <selector>', 'proplets that may run it, as line=1,site!=lab')
    .option('-p, --proplet <name>', 'the one proplet that may run it')
  act<[string], Flags>(command, host, async (session, flags, id) => {
    const task = await session.client.get(TaskView, path`/v1/tasks/${id}`)
    const transcript = await readTranscript(session, id)
    const submitted = await submit(session, {
      function: task.function,
      version: flags.version,
      replay: id,
      selector: flags.on,
      proplet: flags.proplet,
    })
    const [answer] = await waitFor(session, submitted)
    return answer ? told(session, { task, transcript, answer }) : 1
  })
}

type Replayed = { readonly task: TaskView; readonly transcript: Transcript; readonly answer: AnswerView }

function told(session: Session, { task, transcript: { rows }, answer }: Replayed): number {
  const { outcome = '', error } = answer
  const isJudged = !NOT_JUDGED.includes(outcome) && error?.code !== 'FAILED_PRECONDITION'
  const operations = `same ${rows.length} ${rows.length === 1 ? 'operation' : 'operations'}`
  const failure = outcomeText(answer)
  const text = isJudged ? operations : (error?.message ?? failure ?? outcome)
  const isSame = isJudged && outcome === task.outcome
  session.show(
    { same: isSame, operations: rows.length, ...(isSame ? {} : { difference: text }), answer },
    () => `${text}\n`,
  )
  if (isJudged && !isSame)
    session.note(`it ended otherwise: ${failure ?? outcome}; the task ${task.outcome ?? task.state}`)
  return isSame ? 0 : 1
}
