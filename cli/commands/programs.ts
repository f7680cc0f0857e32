import type { Command } from 'commander'
import { act, describe, type Host } from '../command.ts'
import { type ProgramName, runToEnd, settingsText } from '../programs.ts'

/** Commands whose flags are another program's: everything after the name is handed over as it is. */
export const handedOver: readonly string[] = ['manager', 'proplet'] satisfies ProgramName[]

export function programs(parent: Command, host: Host): void {
  const manager = describe(parent, 'manager [settings...]', {
    summary: 'start a manager alone, until stopped',
    more: 'Flags are its settings; each is an environment variable too, and a key of the file that --config names.',
    examples: [
      ['samara manager', 'HTTP on 127.0.0.1:7070, embedded MQTT broker on 127.0.0.1:1883, data in ./data'],
      ['samara manager restore ./backup ./data', 'makes a data directory of a backup'],
    ],
  })
  const proplet = describe(parent, 'proplet [settings...]', {
    summary: 'start a proplet on this machine, until stopped',
    more: 'Flags are its settings; each is an environment variable too, and a key of the file that --config names.',
    examples: [
      ['samara proplet --id press-4 --token-file press-4.token', 'with the token that `samara proplets add` gave'],
      ['samara proplet --broker mqtts://broker:8883 --ca ca.pem --labels line=1', 'over TLS, with a label'],
      ['samara proplet --runtime wamr --id gateway-1', 'the C agent, built first: for machines too small for Node'],
    ],
  })
  for (const [name, command] of [
    ['manager', manager],
    ['proplet', proplet],
  ] as const) {
    command.allowUnknownOption().addHelpText('after', () => `\n${settingsText(name)}`)
    act<[string[]], object>(command, host, (session, _flags, args) => runToEnd(session.io, name, args))
  }
}
