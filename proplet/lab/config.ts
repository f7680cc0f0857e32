import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NAME_PATTERN, NAME_RULE } from '../../shared/ids.ts'
import {
  choice,
  integer,
  matching,
  maybeText,
  type SettingSources,
  type SettingValues,
  setting,
  settings,
} from '../../shared/settings.ts'

const url = matching(/^mqtts?:\/\/[^/\s@]+\/?$/, 'mqtt://host:port or mqtts://host:port')
const maybeUrl: typeof maybeText = url

/** Every setting of a lab, once. The variables have a name of their own: a manager may run beside it. */
export const labSettings = settings({
  socket: setting(maybeText, undefined, 'Unix socket for proplets.', {
    env: 'SAMARA_LAB_SOCKET',
    initialWords: '`samara-lab-NAME.sock` in the folder for temporary files',
  }),
  httpHost: setting(
    matching(/^(127(\.\d{1,3}){3}|localhost|::1)$/, '127.0.0.1, localhost or ::1'),
    '127.0.0.1',
    'Address of HTTP; of this machine alone.',
    { env: 'SAMARA_LAB_HTTP_HOST' },
  ),
  httpPort: setting(integer({ min: 0, max: 65_535 }), 7071, 'Port of HTTP; 0 takes a free one.', {
    env: 'SAMARA_LAB_HTTP_PORT',
  }),
  broker: setting(maybeUrl, undefined, 'Broker over which operators control it; none where left out.', {
    env: 'SAMARA_LAB_BROKER',
  }),
  namespace: setting(matching(NAME_PATTERN, NAME_RULE), 'default', 'Second part of every topic.'),
  token: setting(maybeText, undefined, 'Token of the user that has the name of the lab.', {
    env: 'SAMARA_LAB_TOKEN',
    secret: true,
  }),
  tokenFile: setting(maybeText, undefined, 'File that holds the token.', { env: 'SAMARA_LAB_TOKEN_FILE' }),
  ca: setting(maybeText, undefined, 'PEM file of the authority that signed the certificate of the broker.'),
  boards: setting(
    choice(['start', 'wait', 'check']),
    'start',
    'Whether simulated boards start with the lab, wait until somebody starts them, or are only checked for what is missing.',
    { env: 'SAMARA_LAB_BOARDS' },
  ),
  boardTokens: setting(
    maybeText,
    undefined,
    'Folder with the token of each board, in a file that has the name of its proplet.',
    { env: 'SAMARA_LAB_BOARD_TOKENS' },
  ),
  logLevel: setting(
    choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'warn',
    'Least level of the log.',
    { env: 'SAMARA_LAB_LOG_LEVEL' },
  ),
})
export type LabConfig = SettingValues<typeof labSettings.table>

export const parseLabConfig = (sources: SettingSources): LabConfig => labSettings.parse(sources)

export const defaultSocket = (lab: string): string => join(tmpdir(), `samara-lab-${lab}.sock`)
