import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { plain } from '../../shared/board/colors.ts'
import { type Provision, provision } from '../../shared/board/provision.ts'
import { openSerialShell } from '../../shared/board/shell.ts'
import { isSamaraError, SamaraError } from '../../shared/errors.ts'
import { PropletView, Registered } from '../api.ts'
import { path } from '../client.ts'
import { act, describe, flag, type Host } from '../command.ts'
import { openSerialLine, type SerialLine } from '../serial-line.ts'
import { readFile, type Session } from '../session.ts'
import { until } from '../until.ts'
import { integer, labels } from '../values.ts'

/** A board that becomes a proplet: registered at the manager, and told so over its serial line. */

const ANSWER_MS = 10_000
/** A bootloader may have an image to move. */
const HEARD_MS = 120_000
const MAX_TEXT = 8_192
const LAST_LINES = 5

type Flags = {
  readonly broker: URL
  readonly namespace: string
  readonly baud: number
  readonly label?: Record<string, string>
  readonly brokerCa?: string
  readonly cert?: string
  readonly key?: string
  readonly wifiSsid?: string
  readonly wifiPskFile?: string
}

export function provisionBoard(all: Command, host: Host): void {
  const command = describe(all, 'provision <name> <line>', {
    summary: 'register a board, and tell it over its serial line what it needs',
    more: [
      'The line is a serial device, or the socket of an emulator. The board gets a new token, starts again',
      'and is a proplet once the manager hears it. Wi-Fi that is left out stays as it is.',
    ].join('\n'),
    examples: [
      ['samara proplets provision press-4 /dev/ttyACM0 --broker mqtt://192.168.1.10:1883', 'a board with Ethernet'],
      [
        'samara proplets provision esp-1 /dev/ttyUSB0 --broker mqtt://192.168.1.10 --wifi-ssid hall --wifi-psk-file psk',
        'one with Wi-Fi; --wifi-psk-file - reads standard input',
      ],
      [
        'samara proplets provision press-4 /dev/ttyACM0 --broker mqtts://broker.factory --broker-ca ca.pem',
        'over TLS, where its image has that',
      ],
    ],
  })
    .addOption(flag('--broker <url>', 'mqtt:// or mqtts://, as the board reaches it', brokerUrl).makeOptionMandatory())
    .option('--namespace <name>', 'second part of every topic', 'default')
    .addOption(flag('-l, --label <k=v>', 'label; several times or joined by commas', labels))
    .option('--wifi-ssid <name>', 'network to join')
    .option('--wifi-psk-file <file>', 'file with its passphrase; - is standard input')
    .option('--broker-ca <file>', 'PEM of the authority that signed the certificate of the broker')
    .option('--cert <file>', "PEM of the board's own certificate")
    .option('--key <file>', 'PEM of its key')
    .addOption(flag('--baud <rate>', 'of the line', integer(1_200, 4_000_000)).default(115_200))
  act<[string, string], Flags>(command, host, async (session, flags, id, place) => {
    const settings = await settingsOf(session, flags)
    const line = await openSerialLine(place, flags.baud)
    try {
      await introduce(session, line, { id, place, labels: flags.label, settings })
    } finally {
      line.close()
    }
  })
}

/** Without TLS an authority that was stored is cleared: an image that has one speaks TLS or to nobody. */
async function settingsOf({ io }: Session, flags: Flags): Promise<Provision> {
  const { broker, brokerCa, cert, key, namespace, wifiSsid, wifiPskFile } = flags
  const isTls = broker.protocol === 'mqtts:'
  if (isTls && brokerCa === undefined) throw new InvalidArgumentError('--broker mqtts:// needs --broker-ca.')
  if (!isTls && (brokerCa ?? cert ?? key) !== undefined)
    throw new InvalidArgumentError('--broker-ca, --cert and --key are for a --broker with mqtts://.')
  if ((cert === undefined) !== (key === undefined)) throw new InvalidArgumentError('--cert and --key go together.')
  const pem = (file: string | undefined) => (file === undefined ? '' : readFile(file).toString('utf8'))
  const psk = async (file: string) => (file === '-' ? await io.readStdin() : readFile(file)).toString('utf8').trimEnd()
  return {
    namespace,
    host: broker.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: broker.port === '' ? (isTls ? 8883 : 1883) : Number(broker.port),
    ...{ ca: pem(brokerCa), cert: pem(cert), key: pem(key) },
    // Another network without a passphrase is an open one.
    ...(wifiSsid !== undefined && { 'wifi-ssid': wifiSsid, 'wifi-psk': '' }),
    ...(wifiPskFile !== undefined && { 'wifi-psk': await psk(wifiPskFile) }),
  }
}

type Wanted = {
  readonly id: string
  readonly place: string
  readonly labels: Record<string, string> | undefined
  readonly settings: Provision
}

async function introduce(session: Session, line: SerialLine, { id, place, labels, settings }: Wanted): Promise<void> {
  const { io, client, note } = session
  const said = lastLines(line)
  const shell = openSerialShell({ clock: io.clock, limitMs: ANSWER_MS, write: line.write, listen: line.listen })
  void line.ended.then((why) => shell.close(why))
  const stop = () => shell.close('stopped')
  io.signal.addEventListener('abort', stop, { once: true })
  try {
    // Nobody is given a new token for a line where nobody is.
    await shell.insist('samara show', ANSWER_MS).catch((cause) => {
      throw isSilent(cause)
        ? new SamaraError('UNAVAILABLE', `line ${place}: nobody answers, expected the shell of an image of Samara`, {
            cause,
          })
        : cause
    })
    const { token } = await client.post(Registered, '/v1/proplets', { id, ...(labels && { labels }) })
    const board = await provision(shell, { id, token, ...settings }, ANSWER_MS)
    note(`${board} is told that it is ${id}, and starts`)
    const view = path`/v1/proplets/${id}`
    const { lastSeenMs } = await client.get(PropletView, view)
    const one = await until(io, { what: `proplet ${id} being heard`, patienceMs: HEARD_MS }, async () => {
      const now = await client.get(PropletView, view)
      return now.liveness === 'on-time' && now.lastSeenMs !== lastSeenMs ? now : undefined
    }).catch((error) => {
      for (const one of said()) note(`it said: ${one}`)
      throw error
    })
    session.show(one, () => `proplet ${id} is heard: ${board}\n`)
  } finally {
    io.signal.removeEventListener('abort', stop)
  }
}

const isSilent = (error: unknown): boolean => isSamaraError(error) && error.code === 'DEADLINE_EXCEEDED'

/** What a board logged last, for whoever wants to know why it is not heard. */
function lastLines(line: SerialLine): () => readonly string[] {
  const decoder = new TextDecoder()
  let text = ''
  line.listen((bytes) => {
    text = (text + decoder.decode(bytes, { stream: true })).slice(-MAX_TEXT)
  })
  return () =>
    plain(text)
      .split(/\r*\n/)
      .filter((one) => /<(err|wrn|inf)> /.test(one))
      .slice(-LAST_LINES)
}

function brokerUrl(text: string): URL {
  const url = URL.parse(text)
  const isBroker = url && /^mqtts?:$/.test(url.protocol) && url.hostname !== '' && /^\/?$/.test(url.pathname)
  if (!isBroker) throw new InvalidArgumentError('Expected mqtt://host:port or mqtts://host:port.')
  if (url.username || url.password) throw new InvalidArgumentError('Expected a URL without a name and a password.')
  return url
}
