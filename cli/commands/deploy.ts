import type { Command } from 'commander'
import { DeploymentView } from '../api.ts'
import { act, describe, flag, type Host } from '../command.ts'
import { callOf, targetOf } from '../submit.ts'
import { duration, integer, pair } from '../values.ts'

type Flags = {
  readonly on: string
  readonly boot?: boolean
  readonly every?: number
  readonly onRequest?: boolean
  readonly keep?: boolean
  readonly env?: Record<string, string>
  readonly args?: readonly string[]
  readonly export?: string
  readonly timeout?: number
  readonly throttle?: number
  readonly buffer?: number
}

export function deploy(parent: Command, host: Host): void {
  const command = describe(parent, 'deploy <function>', {
    summary: 'keep a function on every proplet that a selector matches, now and later',
    more: 'It pins the version: a later upload changes nothing that runs. One of --boot, --every and --on-request says when it runs; --boot where none does.',
    examples: [
      ['samara deploy ticker --on line=1 --every 1s --keep', 'each second, in one instance that remembers'],
      ['samara deploy watch@prod --on "*" --boot', 'on every proplet, once when it starts'],
      ['samara deploy stats --on site=hall-3 --every 5m --export summarise --args "[1, 2]"', 'with arguments'],
    ],
  })
  command
    .requiredOption('--on <selector>', 'proplets that keep it, as line=1,site!=lab; * for all')
    .option('--boot', 'run when the proplet starts')
    .addOption(flag('--every <duration>', 'run at this interval, as 1s', duration))
    .option('--on-request', 'run when somebody asks for it')
    .option('--keep', 'keep one instance from run to run')
    .addOption(flag('--env <k=v>', 'environment of a program; several times', pair))
    .option('--args <values...>', 'arguments: JSON values or plain words')
    .option('-e, --export <name>', 'export to call, where there are several')
    .addOption(flag('-t, --timeout <duration>', 'longest run', duration))
    .addOption(flag('--throttle <duration>', 'least time between two results that are sent', duration))
    .addOption(flag('--buffer <n>', 'results kept while there is no connection', integer(0, 10_000)))
  act<[string], Flags>(command, host, async (session, flags, named) => {
    const trigger = triggerOf(command, flags)
    const target = await targetOf(session, named)
    const call = flags.args || flags.env ? callOf(target, flags.export, flags.args ?? []) : {}
    const made = await session.client.post(DeploymentView, '/v1/deployments', {
      function: target.function,
      version: target.version,
      selector: flags.on,
      trigger,
      everyMs: flags.every,
      keep: flags.keep,
      export: flags.export,
      ...call,
      env: flags.env,
      timeoutMs: flags.timeout,
      throttleMs: flags.throttle,
      bufferCount: flags.buffer,
    })
    session.show(made, ({ id }) => `${id}\n`)
    if (!session.isJson) session.note(`results: samara deployments results ${made.id} --follow`)
  })
}

function triggerOf(command: Command, { boot, every, onRequest }: Flags): string {
  const chosen = [boot && 'boot', every !== undefined && 'every', onRequest && 'on-request'].filter(Boolean)
  if (chosen.length > 1) command.error('error: only one of --boot, --every and --on-request can be given')
  return chosen[0] || 'boot'
}
