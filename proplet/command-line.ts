import { SamaraError } from '../shared/errors.ts'
import { type Machine, type PropletConfig, parseConfig, propletSettings } from './config.ts'

export type CommandLine = {
  readonly machine: Machine
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly version: string
  readonly readFile: (path: string) => Buffer
  readonly parseYaml: (text: string) => Promise<unknown>
}

export type Told =
  | { readonly config: PropletConfig; readonly text?: undefined }
  /** To be printed, and nothing else. */
  | { readonly text: string; readonly config?: undefined }

/** Flags, environment and the file that `--config` or SAMARA_CONFIG names, as one configuration. */
export async function configOf(line: CommandLine): Promise<Told> {
  if (line.argv.includes('--version')) return { text: line.version }
  if (line.argv.includes('--help')) return { text: help(line.machine) }
  const { argv, path } = withoutConfig(line)
  const file = path === undefined ? undefined : { name: path, content: await parseFile(path, line) }
  return { config: parseConfig(line.machine, { argv, env: line.env, ...(file && { file }) }) }
}

const help = (machine: Machine): string => {
  const rows = propletSettings(machine).usage()
  return ['usage: samara proplet [--config file.yaml] [settings]', '', ...rows].join('\n')
}

function withoutConfig({ argv, env }: CommandLine): { argv: readonly string[]; path: string | undefined } {
  const at = argv.findIndex((argument) => argument === '--config' || argument.startsWith('--config='))
  if (at < 0) return { argv, path: env.SAMARA_CONFIG || undefined }
  const inline = argv[at]?.split('=').slice(1).join('=')
  const path = inline || argv[at + 1]
  if (!path) throw new SamaraError('INVALID_ARGUMENT', '--config: a value is missing', { field: 'config' })
  return { argv: argv.toSpliced(at, inline ? 1 : 2), path }
}

async function parseFile(path: string, line: CommandLine): Promise<unknown> {
  let text: string
  try {
    text = line.readFile(path).toString('utf8')
  } catch (cause) {
    throw new SamaraError('INVALID_ARGUMENT', `config: ${path} cannot be read: ${(cause as Error).message}`, {
      field: 'config',
      cause,
    })
  }
  try {
    return await line.parseYaml(text)
  } catch (cause) {
    throw new SamaraError('INVALID_ARGUMENT', `config: ${path} is not YAML or JSON: ${(cause as Error).message}`, {
      field: 'config',
      cause,
    })
  }
}
