import { Command, CommanderError, Option } from 'commander'
import { isSamaraError, toSamaraError } from '../shared/errors.ts'
import type { Host } from './command.ts'
import { backup, restore } from './commands/backup.ts'
import { broker } from './commands/broker.ts'
import { build } from './commands/build.ts'
import { demo } from './commands/demo.ts'
import { deploy } from './commands/deploy.ts'
import { deployments } from './commands/deployments.ts'
import { events } from './commands/events.ts'
import { functions } from './commands/functions.ts'
import { inspect } from './commands/inspect.ts'
import { jobs } from './commands/jobs.ts'
import { lab } from './commands/lab.ts'
import { programs } from './commands/programs.ts'
import { proplets } from './commands/proplets.ts'
import { replay } from './commands/replay.ts'
import { run } from './commands/run.ts'
import { tasks } from './commands/tasks.ts'
import { up } from './commands/up.ts'
import { users } from './commands/users.ts'
import { version } from './commands/version.ts'
import type { Io } from './io.ts'
import { errorLine } from './problem.ts'
import { packageVersion } from './programs.ts'
import { DEFAULT_MANAGER } from './session.ts'
import { httpUrl } from './values.ts'

export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** The whole command line; `host` hears the exit code. */
export function createCommands(host: Host): Command {
  const { out, err, env } = host.io
  const root = new Command('samara')
    .description('Runs WebAssembly functions where the machines are.')
    .addOption(
      new Option('--manager <url>', `HTTP address of the manager; SAMARA_MANAGER (default: ${DEFAULT_MANAGER})`),
    )
    .option('--token <token>', 'token of a user; better in SAMARA_TOKEN, where others do not see it')
    .option('--ca <file>', 'PEM file of the authority that signed the certificate of the manager; SAMARA_CA')
    .option('--json', 'answer in JSON')
    .showSuggestionAfterError()
    .helpCommand('help [command]', 'show help')
    .addHelpText('after', '\nsamara COMMAND --help shows examples of each.')
  // Commander takes an option of the root wherever it stands; `replay` has one of this name.
  if (!host.args.includes('replay')) root.version(packageVersion(), '-V, --version', 'show the version')
  root.hook('preAction', (command) => {
    const { manager = env.SAMARA_MANAGER } = command.opts<{ manager?: string }>()
    if (manager) command.setOptionValue('manager', httpUrl(manager))
  })
  for (const add of [up, demo, run, deploy, replay]) add(root, host)
  for (const add of [functions, build, inspect, tasks, jobs, deployments, events]) add(root, host)
  for (const add of [lab, proplets, users, broker, backup, restore, programs, version]) add(root, host)
  everywhere(root, (command) =>
    command
      .exitOverride()
      .configureOutput({ writeOut: (text) => out.write(text), writeErr: (text) => err.write(text) })
      .configureHelp({ helpWidth: out.columns ?? 100, showGlobalOptions: command !== root }),
  )
  return root
}

function everywhere(command: Command, does: (command: Command) => void): void {
  does(command)
  for (const one of command.commands) everywhere(one, does)
}

/** Runs one command line; resolves with its exit code. */
export async function runCommandLine(args: readonly string[], io: Io): Promise<number> {
  const host: Host = { io, args, exit: EXIT.ok }
  try {
    await createCommands(host).parseAsync([...args], { from: 'user' })
    return host.exit
  } catch (error) {
    return failed(error, io)
  }
}

function failed(error: unknown, io: Io): number {
  if (error instanceof CommanderError) return usage(error, io)
  if (io.signal.aborted) return EXIT.interrupted
  const known = toSamaraError(error)
  io.err.write(`samara: ${errorLine(known)}\n`)
  // A defect of ours: whoever reports it wants to know where.
  if (!isSamaraError(error) && error instanceof Error) io.err.write(`${error.stack}\n`)
  return EXIT.failed
}

/** Commander has said what is wrong, unless it was thrown by a parser that we called ourselves. */
function usage(error: CommanderError, io: Io): number {
  if (error.exitCode === 0) return EXIT.ok
  if (error.code === 'commander.invalidArgument' && !error.message.startsWith('error:'))
    io.err.write(`error: ${error.message}\n`)
  return EXIT.usage
}
