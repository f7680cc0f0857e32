import { MqttClient } from 'mqtt'
import type { Logger } from 'pino'
import { SamaraError, toSamaraError } from '../../shared/errors.ts'
import { errorBody } from '../../shared/fields.ts'
import { LabControl, LabControlled, LabState } from '../../shared/lab/index.ts'
import { topics } from '../../shared/topics.ts'
import { openSocket, parseBroker } from '../mqtt/sockets.ts'
import { control } from './control.ts'
import type { Lab } from './lab.ts'

export type LabMqttOptions = {
  readonly broker: string
  readonly namespace: string
  /** Of the user that has the lab's name; on loopback none is needed. */
  readonly token?: string | undefined
  readonly ca?: Buffer | undefined
  readonly log: Logger
  /** Hears of every connection once the lab listens on it. */
  readonly up?: () => void
}

export type LabMqtt = { close(): Promise<void> }

const RETRY_MS = 1_000
/** Fits every broker's default; who wants more asks for less at a time, or over HTTP. */
const MAX_ANSWER_BYTES = 64 * 1024

/** Lets operators elsewhere control a lab. The broker's access rules say who they are. */
export function connectLabMqtt(lab: Lab, { broker, namespace, token, ca, log, up }: LabMqttOptions): LabMqtt {
  const address = parseBroker(broker)
  const client = new MqttClient(() => openSocket(address, ca ? { ca } : {}), {
    protocolVersion: 4,
    clean: true,
    clientId: `lab-${lab.name}`,
    username: lab.name,
    ...(token !== undefined && { password: token }),
    keepalive: 15,
    reconnectPeriod: RETRY_MS,
    resubscribe: false,
    queueQoSZero: false,
  })

  client.on('connect', () => {
    const filter = topics.labControl.of(namespace, { lab: lab.name, user: 'any' }).replace(/any$/, '+')
    client.subscribeAsync(filter, { qos: 1 }).then(
      () => up?.(),
      (error: unknown) => log.error({ err: error }, 'broker refused the lab; a user of its name is needed'),
    )
  })
  client.on('error', (error) => log.warn({ err: error.message }, 'broker connection'))
  client.on('message', (topic, payload) => {
    const names = topics.labControl.match(topic)
    if (names) void answer(names.user, payload)
  })

  /** In the form in which it was asked. */
  async function answer(user: string, payload: Uint8Array): Promise<void> {
    const { isJson, controlled } = await perform(payload)
    const bytes = isJson
      ? Buffer.from(JSON.stringify(LabControlled.toJson(controlled)))
      : LabControlled.encode(controlled)
    publish(topics.labAnswer.of(namespace, { lab: lab.name, user }), bytes, 1)
  }

  async function perform(payload: Uint8Array): Promise<{ isJson: boolean; controlled: LabControlled }> {
    const isJson = payload[0] === 0x7b
    try {
      const command = isJson ? LabControl.fromJson(parsed(payload)) : LabControl.decode(payload)
      return { isJson, controlled: bounded(await control(lab, command)) }
    } catch (error) {
      return { isJson, controlled: { error: errorBody(toSamaraError(error)) } }
    }
  }

  function publish(topic: string, payload: Buffer, qos: 0 | 1): void {
    client.publishAsync(topic, payload, { qos }).catch((error: unknown) => log.debug({ err: error, topic }, 'not sent'))
  }

  const stop = lab.watch((change) => {
    // What nobody is there to hear is not kept.
    if (client.connected) publish(topics.labState.of(namespace, { lab: lab.name }), LabState.encode(change), 0)
  })
  return {
    async close() {
      stop()
      await client.endAsync(true)
    },
  }
}

function bounded(controlled: LabControlled): LabControlled {
  const size = LabControlled.encode(controlled).length
  if (size <= MAX_ANSWER_BYTES) return controlled
  throw new SamaraError('TOO_LARGE', `answer: ${size} bytes, at most ${MAX_ANSWER_BYTES} go over MQTT`)
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch (error) {
    throw new SamaraError('INVALID_ARGUMENT', `lab-control: is not JSON: ${(error as Error).message}`)
  }
}
