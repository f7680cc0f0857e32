import { type Command, InvalidArgumentError } from 'commander'
import type { Grant } from '../../shared/capabilities.ts'
import { type Edge, edges, triggers } from '../../shared/documents/desired-list.ts'
import { grantWords } from '../../shared/grant-words.ts'
import { DeploymentView } from '../api.ts'
import { act, describe, flag, type Host } from '../command.ts'
import { chosenGrants, consent, GRANT_FORM, grantFlag, type Wanted } from '../grants.ts'
import type { Session } from '../session.ts'
import { callOf, type Target, targetOf } from '../submit.ts'
import { duration, integer, pair } from '../values.ts'

type OnEdge = { readonly device: string; readonly edge: Edge }

type Flags = {
  readonly on: string
  readonly boot?: boolean
  readonly every?: number
  readonly onRequest?: boolean
  readonly onEdge?: OnEdge
  readonly keep?: boolean
  readonly env?: Record<string, string>
  readonly args?: readonly string[]
  readonly export?: string
  readonly timeout?: number
  readonly throttle?: number
  readonly buffer?: number
  readonly grant?: Wanted
  readonly yes?: boolean
}

export function deploy(parent: Command, host: Host): void {
  const command = describe(parent, 'deploy <function>', {
    summary: 'keep a function on every proplet that a selector matches, now and later',
    more: 'It pins the version: a later upload changes nothing that runs. One of --boot, --every, --on-request and --on-edge says when it runs; --boot where none does.',
    examples: [
      ['samara deploy ticker --on line=1 --every 1s --keep', 'each second, in one instance that remembers'],
      ['samara deploy watch@prod --on "*" --boot', 'on every proplet, once when it starts'],
      ['samara deploy thermostat --on cell=1 --every 1s --grant asked', 'with the devices that it asks for'],
      ['samara deploy halt --on cell=1 --on-edge estop:falling --grant estop:gpio:r', 'when the input falls'],
      ['samara deploy stats --on site=hall-3 --every 5m --export summarise --args "[1, 2]"', 'with arguments'],
    ],
  })
  command
    .requiredOption('--on <selector>', 'proplets that keep it, as line=1,site!=lab; * for all')
    .option('--boot', 'run when the proplet starts')
    .addOption(flag('--every <duration>', 'run at this interval, as 1s', duration))
    .option('--on-request', 'run when somebody asks for it')
    .addOption(flag('--on-edge <device[:edge]>', `run at an edge of an input: ${edges.join(', ')}; rising`, onEdge))
    .option('--keep', 'keep one instance from run to run')
    .addOption(flag('--env <k=v>', 'environment of a program; several times', pair))
    .option('--args <values...>', 'arguments: JSON values or plain words')
    .option('-e, --export <name>', 'export to call, where there are several')
    .addOption(flag('-t, --timeout <duration>', 'longest run', duration))
    .addOption(flag('--throttle <duration>', 'least time between two results that are sent', duration))
    .addOption(flag('--buffer <n>', 'results kept while there is no connection', integer(0, 10_000)))
    .addOption(flag('--grant <grant>', `asked, none, or ${GRANT_FORM}; several times`, grantFlag))
    .option('-y, --yes', 'grant without a question')
  act<[string], Flags>(command, host, async (session, flags, named) => {
    const trigger = triggerOf(command, flags)
    const target = await targetOf(session, named)
    const call = flags.args || flags.env ? callOf(target, flags.export, flags.args ?? []) : {}
    const grants = await granted(session, flags, target)
    const made = await session.client.post(DeploymentView, '/v1/deployments', {
      function: target.function,
      version: target.version,
      selector: flags.on,
      trigger,
      everyMs: flags.every,
      ...flags.onEdge,
      keep: flags.keep,
      export: flags.export,
      ...call,
      env: flags.env,
      timeoutMs: flags.timeout,
      throttleMs: flags.throttle,
      bufferCount: flags.buffer,
      grants,
    })
    session.show(made, ({ id }) => `${id}\n`)
    if (!session.isJson) session.note(`results: samara deployments results ${made.id} --follow`)
  })
}

/** What it may, agreed to. Without a word of it, nothing: the function runs, and what it opens is refused. */
async function granted(
  session: Session,
  { grant, yes }: Flags,
  { function: name, version, devices }: Target,
): Promise<readonly Grant[] | undefined> {
  if (!grant && devices.length > 0)
    session.note(`${name} asks for more than it gets: ${grantWords(devices)}; see --grant`)
  if (!grant) return undefined
  const grants = chosenGrants(name, grant, devices)
  await consent(session, { what: `this deployment of ${name} version ${version}`, grants, yes })
  return grants
}

function onEdge(value: string): OnEdge {
  const [device = '', edge = 'rising', ...rest] = value.split(':')
  const known = edges.find((one) => one === edge)
  if (device !== '' && known && rest.length === 0) return { device, edge: known }
  throw new InvalidArgumentError(`Expected DEVICE or DEVICE:EDGE, EDGE one of ${edges.join(', ')}.`)
}

function triggerOf(command: Command, { boot, every, onRequest, onEdge: edge }: Flags): string {
  const given = { boot, every: every !== undefined, 'on-request': onRequest, edge }
  const chosen = triggers.filter((trigger) => given[trigger])
  if (chosen.length > 1) command.error('error: only one of --boot, --every, --on-request and --on-edge can be given')
  return chosen[0] || 'boot'
}
