import { SamaraError } from '../shared/errors.ts'
import {
  anyText,
  choice,
  integer,
  matching,
  maybeText,
  type Setting,
  type SettingSources,
  type SettingType,
  type SettingValues,
  setting,
  settings,
} from '../shared/settings.ts'

const optional = (doc: string, secret = false): Setting<string | undefined> =>
  setting(maybeText, undefined, doc, { secret })
const port = integer({ min: 0, max: 65_535 })
const brokerUrl: SettingType<string | undefined> = matching(
  /^mqtts?:\/\/[^/\s@]+\/?$/,
  'mqtt://host:port or mqtts://host:port',
)

/** Every setting of the manager, once: parser, defaults and README table come from here. */
export const managerSettings = settings({
  httpHost: setting(
    anyText,
    '127.0.0.1',
    'Address of the HTTP API. Any other than loopback asks everybody for a token.',
  ),
  httpPort: setting(port, 7070, 'Port of the HTTP API; 0 takes a free one.'),
  mqttHost: setting(anyText, '127.0.0.1', 'Address of the embedded broker.'),
  mqttPort: setting(port, 1883, 'Port of the embedded broker; 0 takes a free one.'),
  tlsCert: optional('PEM file of the certificate of both listeners.'),
  tlsKey: optional('PEM file of its key.'),
  tlsCa: optional('PEM file of the authority of client certificates, which are then asked for.'),
  data: setting(anyText, './data', 'Where everything is kept.'),
  broker: setting(brokerUrl, undefined, 'Another broker in place of the embedded one.'),
  brokerUsername: optional('User name at that broker.'),
  brokerPassword: optional('Password at that broker.', true),
  brokerPasswordFile: optional('File that holds it; better than a flag, which other users of the machine can read.'),
  brokerCa: optional('PEM file of the authority that signed the certificate of that broker.'),
  brokerCert: optional('PEM file of the own certificate at that broker.'),
  brokerKey: optional('PEM file of its key.'),
  leaseMs: setting(
    integer({ min: 1_000, max: 3_600_000, unit: 'ms' }),
    15_000,
    'How long a proplet may go on with a task unheard.',
  ),
  retainHours: setting(
    integer({ min: 1, max: 87_600, unit: 'h' }),
    24,
    'Ended jobs are kept so long, with their keys and results.',
  ),
  retainJobs: setting(integer({ min: 1, max: 10_000_000 }), 100_000, 'And at most so many of them.'),
  retainResults: setting(integer({ min: 1, max: 1_000_000 }), 1_000, 'Results that are kept of each deployment.'),
  maxPacketBytes: setting(
    integer({ min: 4_096, max: 16_777_216, unit: 'bytes' }),
    1_200_000,
    'Largest MQTT packet that the embedded broker takes.',
  ),
  maxConnections: setting(integer({ min: 1, max: 100_000 }), 10_000, 'Connections to the embedded broker.'),
  logLevel: setting(
    choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
    'Least level of the log.',
  ),
})

export type ManagerConfig = SettingValues<typeof managerSettings.table>

/** Throws INVALID_ARGUMENT that names the key and where it came from. */
export function parseConfig(sources: SettingSources): ManagerConfig {
  const config = managerSettings.parse(sources)
  pair(config, 'tlsCert', 'tlsKey')
  pair(config, 'brokerCert', 'brokerKey')
  if (config.tlsCa !== undefined && config.tlsCert === undefined) throw wrong('tls-ca', 'tls-cert is missing')
  if (config.brokerPassword !== undefined && config.brokerPasswordFile !== undefined)
    throw wrong('broker-password-file', 'broker-password is set too, and only one of them counts')
  return config
}

function pair(config: ManagerConfig, cert: 'tlsCert' | 'brokerCert', key: 'tlsKey' | 'brokerKey'): void {
  if ((config[cert] === undefined) === (config[key] === undefined)) return
  throw wrong(
    cert === 'tlsCert' ? 'tls-cert and tls-key' : 'broker-cert and broker-key',
    'both or neither are expected',
  )
}

const wrong = (field: string, what: string): SamaraError =>
  new SamaraError('INVALID_ARGUMENT', `${field}: ${what}`, { field })

export type CommandLine = {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: (path: string) => Buffer
  readonly parseYaml: (text: string) => Promise<unknown>
}

/** Flags, environment and the file that `--config` or SAMARA_CONFIG names, as one configuration. */
export async function configOf(line: CommandLine): Promise<ManagerConfig> {
  const { argv, path } = withoutConfig(line)
  const file = path === undefined ? undefined : { name: path, content: await parseFile(path, line) }
  return parseConfig({ argv, env: line.env, ...(file && { file }) })
}

export const help = (): string =>
  [
    'usage: samara manager [--config file.yaml] [settings]',
    '       samara manager restore <backup> <data>',
    '',
    ...managerSettings.usage(),
  ].join('\n')

function withoutConfig({ argv, env }: CommandLine): { argv: readonly string[]; path: string | undefined } {
  const at = argv.findIndex((argument) => argument === '--config' || argument.startsWith('--config='))
  if (at < 0) return { argv, path: env.SAMARA_CONFIG || undefined }
  const inline = argv[at]?.split('=').slice(1).join('=')
  const path = inline || argv[at + 1]
  if (!path) throw wrong('config', 'a value is missing')
  return { argv: argv.toSpliced(at, inline ? 1 : 2), path }
}

async function parseFile(path: string, { readFile, parseYaml }: CommandLine): Promise<unknown> {
  const text = readSetting('config', path, readFile).toString('utf8')
  try {
    return await parseYaml(text)
  } catch (cause) {
    throw new SamaraError('INVALID_ARGUMENT', `config: ${path} is not YAML or JSON: ${(cause as Error).message}`, {
      field: 'config',
      cause,
    })
  }
}

/** A file that a setting names. */
export function readSetting(key: string, path: string, readFile: (path: string) => Buffer): Buffer {
  try {
    return readFile(path)
  } catch (cause) {
    throw new SamaraError('INVALID_ARGUMENT', `${key}: ${path} cannot be read: ${(cause as Error).message}`, {
      field: key,
      cause,
    })
  }
}
