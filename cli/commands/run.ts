import type { Command } from 'commander'
import type { AnswerView } from '../api.ts'
import { act, describe, flag, type Host } from '../command.ts'
import { json, span } from '../format.ts'
import { exitCodeOf, outcomeText } from '../outcome.ts'
import type { Session } from '../session.ts'
import { batchOf, callOf, submit, targetOf, textOf, waitFor } from '../submit.ts'
import { manyLines } from '../text.ts'
import { duration, integer, pair } from '../values.ts'

type Flags = {
  readonly on?: string
  readonly proplet?: string
  readonly export?: string
  readonly timeout?: number
  readonly wait?: boolean
  readonly env?: Record<string, string>
  readonly stdin?: string
  readonly retries?: number
  readonly batch?: string
  readonly record?: boolean
}

export function run(parent: Command, host: Host): void {
  const command = describe(parent, 'run <function> [args...]', {
    summary: 'run a function, or a file as a function, and show what it gives',
    more: [
      'ARGS are JSON values, or plain words, which are texts. A program (WASI) takes them as its words.',
      'Exit code: 0 when it completed; the code of a program that left with 1 to 125; else 1.',
    ].join('\n'),
    examples: [
      ['samara run add.wasm --export add 2 3', 'uploads add.wasm as the function add, then calls it'],
      ['samara run line-stats --export summarise "[1, 2, 4]"', 'a list as its one argument'],
      ['samara run greet ada --env GREETING=hello --stdin note.txt', 'a program'],
      ['samara run greet -- --help', 'words that begin with a dash'],
      ['samara run resize@prod --on line=1 --timeout 5s --batch calls.json', 'many calls as one job'],
      ['samara run report --no-wait', 'says the job and does not wait'],
    ],
  })
  command
    .option('--on <selector>', 'proplets that may run it, as line=1,site!=lab')
    .option('-p, --proplet <name>', 'the one proplet that may run it')
    .option('-e, --export <name>', 'export to call, where there are several')
    .addOption(flag('-t, --timeout <duration>', 'longest run of one attempt, as 5s', duration))
    .option('--wait', 'wait for the end (default)')
    .option('--no-wait', 'do not wait for the end')
    .addOption(flag('--env <k=v>', 'environment of a program; several times', pair))
    .option('--stdin <file>', 'standard input of a program; - for our own')
    .addOption(flag('--retries <n>', 'attempts beyond the first', integer(0, 255)))
    .option('--record', 'keep every operation on devices with the task; see tasks show --bus and replay')
    .option('-b, --batch <file>', 'calls, as a JSON list of lists, or one a line; - for standard input')
  act<[string, string[]], Flags>(command, host, async (session, flags, named, words) => {
    const { batch, stdin } = flags
    if (batch !== undefined && words.length > 0) command.error('error: --batch and ARGS cannot be given together')
    if (batch === '-' && stdin === '-') command.error('error: --batch and --stdin cannot both be standard input')
    const calls = batch === undefined ? undefined : await batchOf(session, batch)
    const target = await targetOf(session, named)
    const submitted = await submit(session, {
      function: target.function,
      version: target.version,
      export: flags.export,
      ...(calls ? { batch: calls } : callOf(target, flags.export, words)),
      env: flags.env,
      stdin: stdin === undefined ? undefined : await textOf(session, 'stdin', stdin),
      selector: flags.on,
      proplet: flags.proplet,
      timeoutMs: flags.timeout,
      retries: flags.retries,
      record: flags.record,
    })
    if (flags.wait === false) {
      session.show(submitted.accepted, ({ job }) => `${job.id}\n`)
      return 0
    }
    const answers = await waitFor(session, submitted)
    return calls ? showBatch(session, submitted.accepted.job.id, answers) : showOne(session, answers[0])
  })
}

/** Output as the function wrote it; on a terminal, nothing that steers it. */
function showOne(session: Session, answer: AnswerView | undefined): number {
  if (!answer) return 1
  const { out, err } = session.io
  if (session.isJson) out.write(`${JSON.stringify(answer, undefined, 2)}\n`)
  else {
    if (answer.stdout) out.write(out.isTTY ? manyLines(answer.stdout) : answer.stdout)
    if (answer.stderr) err.write(err.isTTY ? manyLines(answer.stderr) : answer.stderr)
    if (answer.value !== undefined && answer.value !== null) out.write(`${JSON.stringify(answer.value)}\n`)
  }
  const failure = outcomeText(answer)
  if (failure !== undefined) session.note(failure)
  if (answer.refusals)
    session.note(`${answer.refusals} operations on devices were refused; see: samara functions grant`)
  return exitCodeOf(answer)
}

function showBatch(session: Session, job: string, answers: readonly AnswerView[]): number {
  session.show({ job, results: answers }, () =>
    session.table<AnswerView>(
      [
        { title: 'CALL', of: ({ index }) => index, align: 'right' },
        { title: 'OUTCOME', of: (one) => one.outcome ?? one.state },
        { title: 'PROPLET', of: ({ proplet }) => proplet },
        { title: 'TRIES', of: ({ attempt }) => attempt, align: 'right' },
        { title: 'RAN', of: ({ ranUs }) => span(ranUs === undefined ? undefined : ranUs / 1_000), align: 'right' },
        { title: 'RESULT', of: (one) => outcomeText(one) ?? json(one.value) ?? one.stdout },
      ],
      answers,
    ),
  )
  const failed = answers.filter((one) => outcomeText(one) !== undefined).length
  if (failed > 0) session.note(`${failed} of ${answers.length} calls did not complete`)
  return failed > 0 ? 1 : 0
}
