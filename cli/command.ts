import { type Command, Option } from 'commander'
import type { Io } from './io.ts'
import { createSession, type GlobalOptions, type Session } from './session.ts'

/** What a command needs to know to be run: the world, and where its exit code goes. */
export type Host = {
  readonly io: Io
  /** The whole line, as it was given. */
  readonly args: readonly string[]
  /** 0 where a command says nothing. */
  exit: number
}

export type Described = {
  readonly summary: string
  /** Whole command lines with a word on each. */
  readonly examples: readonly (readonly [line: string, says: string])[]
  /** What the summary leaves open. */
  readonly more?: string
}

/** A command with arguments as commander writes them: `show <name>`. */
export function describe(parent: Command, usage: string, { summary, examples, more }: Described): Command {
  const command = parent.command(usage).summary(summary)
  return command.description(more ? `${summary}\n\n${more}` : summary).addHelpText('after', exampleText(examples))
}

const exampleText = (examples: Described['examples']): string => {
  const longest = Math.max(...examples.map(([line]) => line.length))
  const wide = longest <= 60
  const lines = examples.map(([line, says]) =>
    wide ? `  $ ${line.padEnd(longest)}   ${says}` : `  $ ${line}\n      ${says}`,
  )
  return `\nExamples:\n${lines.join('\n')}`
}

/** A command that only gathers others. */
export const noun = (parent: Command, name: string, described: Described): Command =>
  describe(parent, name, described).helpCommand(false)

/** What `command` does. Where it gives a number, that is its exit code. */
export function act<Arguments extends readonly unknown[], Flags extends object>(
  command: Command,
  host: Host,
  does: (session: Session, flags: Flags, ...args: Arguments) => Promise<unknown>,
): Command {
  return command.action(async () => {
    const session = createSession(host.io, command.optsWithGlobals() as GlobalOptions)
    const given = await does(session, command.opts() as Flags, ...(command.processedArgs as never))
    host.exit = typeof given === 'number' ? given : 0
  })
}

/** A flag whose value is read by `parse`. */
export const flag = <T>(flags: string, doc: string, parse: (text: string, before: T) => T): Option =>
  new Option(flags, doc).argParser(parse)
