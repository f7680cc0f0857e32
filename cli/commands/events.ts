import type { Command } from 'commander'
import { act, describe, type Host } from '../command.ts'
import { type EventData, followEvents } from '../log-stream.ts'
import { oneLine } from '../text.ts'

type Flags = { type?: string; task?: string; job?: string; proplet?: string; deployment?: string }

export function events(parent: Command, host: Host): void {
  const command = describe(parent, 'events', {
    summary: 'show what happens, as it happens, until stopped',
    examples: [
      ['samara events', 'everything'],
      ['samara events --job JOB', 'one job'],
      ['samara events --proplet press-4 --json', 'a line of JSON for each event'],
    ],
  })
    .option('-f, --follow', 'go on until stopped (it always does)')
    .option(
      '--type <types>',
      'task, log, proplet, deployment, deployment-state, deployment-result, grants; joined by commas',
    )
    .option('--task <task>', 'of one task')
    .option('--job <job>', 'of one job')
    .option('-p, --proplet <name>', 'of one proplet')
    .option('--deployment <deployment>', 'of one deployment')
  act<[], Flags>(command, host, async (session, flags) => {
    const time = () => new Date(session.io.clock.now()).toISOString().slice(11, 23)
    return followEvents(session, {
      query: {
        type: flags.type,
        task: flags.task,
        job: flags.job,
        proplet: flags.proplet,
        deployment: flags.deployment,
      },
      each: (data, type) => session.line({ type, ...data }, () => `${time()}  ${type.padEnd(17)}  ${words(data)}`),
    })
  })
}

/** Its fields in the order in which they come; those of an inner object as its own. */
function words(data: EventData): string {
  return Object.entries(data)
    .filter(([name, value]) => name !== 'type' && value !== undefined)
    .map(([name, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? words(value as EventData)
        : `${oneLine(name)}=${typeof value === 'string' ? oneLine(value) : oneLine(JSON.stringify(value))}`,
    )
    .join(' ')
}
