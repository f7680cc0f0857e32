import * as v from 'valibot'
import { labels as labelsField } from '../shared/fields.ts'
import { NAME_PATTERN, NAME_RULE, type PropletId, propletId } from '../shared/ids.ts'
import {
  choice,
  integer,
  matching,
  maybeText,
  pairs,
  type Setting,
  type SettingSources,
  type SettingType,
  type SettingValues,
  setting,
  settings,
} from '../shared/settings.ts'

/** What of the machine the defaults depend on; `main` knows it. */
export type Machine = { readonly hostname: string; readonly cores: number; readonly home: string }

const optionalText = (doc: string, secret = false): Setting<string | undefined> =>
  setting(maybeText, undefined, doc, { secret })

const brokerUrl: SettingType<string> = matching(/^mqtts?:\/\/[^/\s@]+\/?$/, 'mqtt://host:port or mqtts://host:port')
const name: SettingType<string> = matching(NAME_PATTERN, NAME_RULE)
const labelPairs = pairs((value) =>
  v.safeParse(labelsField.check, value).success ? undefined : 'at most 8 labels k=v of a-z 0-9 . _ / -',
)

/** Every setting of a proplet, once: parser, defaults and README table come from here. */
export const propletSettings = (machine: Machine) =>
  settings({
    id: setting(name, safeName(machine.hostname), 'Name of this proplet; MQTT user and client id too.', {
      initialWords: 'host name',
    }),
    broker: setting(brokerUrl, 'mqtt://127.0.0.1:1883', 'Broker.'),
    namespace: setting(name, 'default', 'Second part of every topic.'),
    token: optionalText('Password at the broker.', true),
    tokenFile: optionalText(
      'File that holds the password; better than a flag, which other users of the machine can read.',
    ),
    ca: optionalText('PEM file of the authority that signed the certificate of the broker.'),
    cert: optionalText('PEM file of the own certificate.'),
    key: optionalText('PEM file of its key.'),
    data: setting(
      maybeText as SettingType<string>,
      `${machine.home}/.samara/proplet`,
      'Where images, deployments and unsent results are kept.',
      {
        initialWords: '`~/.samara/proplet`',
      },
    ),
    labels: setting(labelPairs, {}, 'What a selector can ask for.'),
    slots: setting(integer({ min: 1, max: 1024 }), Math.max(1, machine.cores), 'Tasks that run at a time.', {
      initialWords: 'cores',
    }),
    deploymentSlots: setting(
      integer({ min: 1, max: 256 }),
      Math.max(2, machine.cores),
      'Runs of deployments at a time, beside the tasks.',
      {
        initialWords: 'cores, at least 2',
      },
    ),
    queue: setting(integer({ min: 0, max: 10_000 }), 64, 'Tasks that wait for a slot.'),
    aliveMs: setting(
      integer({ min: 100, max: 3_600_000, unit: 'ms' }),
      10_000,
      'Promised interval between heartbeats.',
    ),
    memoryMib: setting(integer({ min: 1, max: 4096, unit: 'MiB' }), 256, 'Linear memory that one instance may have.'),
    outputKib: setting(integer({ min: 1, max: 16_384, unit: 'KiB' }), 1024, 'Standard output and error of one run.'),
    maxImageMib: setting(integer({ min: 1, max: 64, unit: 'MiB' }), 64, 'Largest image that is loaded.'),
    cacheMib: setting(
      integer({ min: 1, max: 1_048_576, unit: 'MiB' }),
      512,
      'Images and manifests on disk; what was used longest ago goes first.',
    ),
    drainMs: setting(
      integer({ min: 0, max: 86_400_000, unit: 'ms' }),
      10_000,
      'How long running tasks may go on when the proplet stops.',
    ),
    profile: optionalText('YAML file that names the hardware; functions find no device without it.'),
    lab: optionalText('Socket of a virtual lab that has the hardware, in place of a profile.'),
    logLevel: setting(
      choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
      'info',
      'Least level of the log.',
    ),
  })

export type PropletConfig = Omit<SettingValues<ReturnType<typeof propletSettings>['table']>, 'id'> & {
  readonly id: PropletId
}

/** Throws INVALID_ARGUMENT that names the key and where it came from. */
export function parseConfig(machine: Machine, sources: SettingSources): PropletConfig {
  const values = propletSettings(machine).parse(sources)
  return { ...values, id: propletId(values.id) }
}

/** A host name as a proplet's: `Line 3.local` becomes `line-3.local`. */
export function safeName(hostname: string): string {
  const safe = hostname
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .slice(0, 48)
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
  return safe === '' ? 'proplet' : safe
}
