import type { Command } from 'commander'
import { act, describe, type Host } from '../command.ts'
import { runDemo } from '../demo/demo.ts'

export function demo(parent: Command, host: Host): void {
  const command = describe(parent, 'demo', {
    summary: 'show what it does: a manager, two proplets, and one of them killed at work',
    more: 'Everything runs on this machine, on free ports and in a temporary folder that is removed at the end. It takes well under a minute.',
    examples: [
      ['samara demo', 'what ran where, as a table'],
      ['samara demo --json', 'the same for a program'],
    ],
  })
  act(command, host, (session) => runDemo(session))
}
