import type { Command } from 'commander'
import type { Client } from '../client.ts'
import { act, type Described, describe, type Host } from '../command.ts'
import { labClient, labError } from '../lab.ts'
import type { Session } from '../session.ts'

/** A command that asks a lab. */
export function ask<Arguments extends readonly unknown[], Flags extends object = object>(
  all: Command,
  host: Host,
  usage: string,
  described: Described,
  does: (session: Session, client: Client, flags: Flags, ...args: Arguments) => Promise<unknown>,
): Command {
  const command = describe(all, usage, described)
  act<Arguments, Flags>(command, host, async (session, flags, ...args) => {
    const client = labClient(session.io, command)
    try {
      return await does(session, client, flags, ...args)
    } catch (error) {
      throw labError(error, client.url)
    }
  })
  return command
}
