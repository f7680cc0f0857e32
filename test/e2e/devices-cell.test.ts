import { join } from 'node:path'
import mqtt from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Lab } from '../../proplet/lab/lab.ts'
import { startLab } from '../../proplet/lab/start.ts'
import { realClock } from '../../shared/clock.ts'
import { LabControlled, LabState } from '../../shared/lab/index.ts'
import type { Infer } from '../../shared/schema.ts'
import { topics } from '../../shared/topics.ts'
import { cellFile, labShows } from '../support/cell.ts'
import { noMosquitto } from '../support/mosquitto.ts'
import { type BrokerKind, createFleet, type Fleet } from '../support/processes.ts'
import { quiet } from '../support/quiet.ts'
import { tempFolder } from '../support/system.ts'

/** The factory cell with manager, broker and proplet each a process, which can be killed. */

const LIMIT_MS = 180_000
const LAB = 'cell'
const brokers = (['embedded', 'mosquitto'] as const).filter((kind) => kind === 'embedded' || !noMosquitto)
const [COLD, HOT] = [15, 30]

type Floor = {
  readonly fleet: Fleet
  readonly socket: string
  /** Begins to serve the proplet, and listens to operators over MQTT. */
  openLab(): Promise<Lab>
}

async function floor(broker: BrokerKind): Promise<Floor> {
  const socket = join(await tempFolder(), 'lab.sock')
  const fleet = await createFleet({
    ...{ broker, proplets: ['cell-1'], functions: { thermostat: 'thermostat/thermostat.wasm' } },
    users: { [LAB]: 'user', boss: 'operator' },
    settings: { 'cell-1': { lab: socket } },
  })
  async function openLab(): Promise<Lab> {
    const { promise: listens, resolve: up } = Promise.withResolvers<void>()
    const control = { broker: fleet.url, namespace: 'default', token: fleet.tokens.get(LAB), up }
    const { lab, close } = await startLab({ file: cellFile, socket, clock: realClock, log: quiet, mqtt: control })
    onTestFinished(close)
    await listens
    return lab
  }
  return { fleet, socket, openLab }
}

/** An operator elsewhere, with nothing but MQTT. */
async function operatorOf(fleet: Fleet) {
  const names = { lab: LAB, user: 'boss' }
  const client = await mqtt.connectAsync(fleet.url, { username: 'boss', password: fleet.tokens.get('boss') ?? '' })
  client.on('error', () => {})
  onTestFinished(() => client.endAsync(true))
  const states: Infer<typeof LabState>[] = []
  const answers: LabControlled[] = []
  const waiting = new Set<() => void>()
  client.on('message', (topic, payload) => {
    if (topic === topics.labState.of('default', names)) states.push(LabState.decode(payload))
    else answers.push(LabControlled.fromJson(JSON.parse(payload.toString())))
    for (const look of [...waiting]) look()
  })
  await client.subscribeAsync([topics.labState.of('default', names), topics.labAnswer.of('default', names)], { qos: 1 })

  const heard = (isIt: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = () => {
        if (!isIt()) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  let id = 0
  return {
    /** Resolves when the lab has said that it is so. */
    async set(part: string, property: string, value: number): Promise<void> {
      const command = { id: ++id, part, property, value }
      await client.publishAsync(topics.labControl.of('default', names), JSON.stringify(command), { qos: 1 })
      await heard(() => answers.some((answer) => answer.id === command.id && answer.value === value))
    },
    sees: (part: string, property: string, value: boolean) =>
      heard(() => {
        const last = states.findLast((state) => state.part === part && state.property === property)
        return last?.value === value
      }),
  }
}

async function http(fleet: Fleet, method: string, path: string, body?: object) {
  // Of its latest start: the port is another one each time.
  const ready = fleet.manager.lines().findLast((line) => line.includes('"msg":"ready"')) ?? '{}'
  const answer = await fetch(`${JSON.parse(ready).http}${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${text}`)
  return text === '' ? {} : JSON.parse(text)
}

async function deploy(fleet: Fleet): Promise<string> {
  const { devices } = await http(fleet, 'GET', '/v1/functions/thermostat/versions/1')
  const wanted = { function: 'thermostat', selector: '*', trigger: 'every', everyMs: 100, keep: true, grants: devices }
  return (await http(fleet, 'POST', '/v1/deployments', wanted)).id
}

describe.each(brokers)('the thermostat over %s', (broker) => {
  test(
    'follows the temperature that an operator sets over MQTT, with manager and broker gone too, until it is removed',
    async () => {
      const { fleet, openLab } = await floor(broker)
      await fleet.broker?.start()
      await fleet.manager.start()
      const lab = await openLab()
      await fleet.proplet('cell-1').start()
      const boss = await operatorOf(fleet)
      const id = await deploy(fleet)
      for (const [celsius, closed] of [
        [COLD, true],
        [HOT, false],
      ] as const) {
        await boss.set('line1-temp', 'temperature', celsius)
        await boss.sees('motor-1', 'closed', closed)
      }
      await fleet.manager.kill()
      await fleet.broker?.kill()
      for (const [celsius, closed] of [
        [COLD, true],
        [HOT, false],
        [COLD, true],
      ] as const) {
        lab.part('line1-temp').set('temperature', celsius)
        await labShows(lab, 'motor-1', 'closed', closed)
      }
      await fleet.broker?.start()
      await fleet.manager.start()
      expect(lab.part('motor-1').get('closed')).toBe(true)
      await http(fleet, 'DELETE', `/v1/deployments/${id}`)
      await labShows(lab, 'motor-1', 'closed', false)
    },
    LIMIT_MS,
  )
})

describe('a proplet', () => {
  test(
    'that is killed leaves its relay safe, and drives it again when it is back',
    async () => {
      const { fleet, openLab } = await floor('embedded')
      await fleet.manager.start()
      const lab = await openLab()
      const proplet = fleet.proplet('cell-1')
      await proplet.start()
      await deploy(fleet)
      lab.part('line1-temp').set('temperature', COLD)
      await labShows(lab, 'motor-1', 'closed', true)
      await proplet.kill('SIGKILL')
      await labShows(lab, 'motor-1', 'closed', false)
      expect(await proplet.says(/its outputs have their safe states/)).toContain('motor-1')
      await proplet.start()
      await labShows(lab, 'motor-1', 'closed', true)
    },
    LIMIT_MS,
  )

  test(
    'that is told to stop leaves its relay safe itself',
    async () => {
      const { fleet, openLab } = await floor('embedded')
      await fleet.manager.start()
      const lab = await openLab()
      const proplet = fleet.proplet('cell-1')
      await proplet.start()
      await deploy(fleet)
      lab.part('line1-temp').set('temperature', COLD)
      await labShows(lab, 'motor-1', 'closed', true)
      await proplet.kill('SIGTERM')
      expect(lab.part('motor-1').get('closed')).toBe(false)
      expect(proplet.output()).not.toContain('was killed')
    },
    LIMIT_MS,
  )

  test(
    'waits for a lab that is not there yet, and says so; and ends meanwhile when it is told to',
    async () => {
      const { fleet, socket, openLab } = await floor('embedded')
      await fleet.manager.start()
      const proplet = fleet.proplet('cell-1')
      proplet.launch()
      expect(await proplet.says(/waiting for it/)).toContain(`lab at ${socket}: cannot be reached`)
      await proplet.kill('SIGTERM')
      const back = proplet.start()
      await openLab()
      await back
      const { devices } = await http(fleet, 'GET', '/v1/proplets/cell-1')
      expect(devices.map(({ name }: { name: string }) => name)).toContain('motor-1')
    },
    LIMIT_MS,
  )
})
