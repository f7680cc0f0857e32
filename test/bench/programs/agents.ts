import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect as connectSocket, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Alive, Gone, Hello } from '../../../shared/messages/index.ts'
import { DEFAULT_NAMESPACE, PROTOCOL, type Topic, topics } from '../../../shared/topics.ts'
import { connect, ping, puback, publish, readPackets, subscribe } from './wire.ts'

/**
 * Simulated proplets, each on a socket of its own: they say hello, follow their topics and are heard at an interval.
 * Arguments: port of the broker, address to connect from, interval in ms, file with a line `id token` per proplet.
 */
const [port, localAddress, interval, file] = process.argv.slice(2) as [string, string, string, string]
const agents = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(' ') as [id: string, token: string])

const ALIVE_MS = Number(interval)
const KEEPALIVE_S = 30
const CONNECTING_AT_ONCE = 50
const MIB = 1024 * 1024

const followed = (Object.values(topics) as readonly Topic[]).filter(
  ({ from, template }) => from === 'manager' && template.startsWith('p/'),
)
let messages = 0
const nextMessageId = (): number => 1 + (messages++ % 0xffff)

async function agent(id: string, password: string): Promise<void> {
  const names = { proplet: id }
  const [boot, epoch] = [randomBytes(8).toString('hex'), Math.ceil(Math.random() * 0xffff_ffff)]
  const will = {
    topic: topics.gone.of(DEFAULT_NAMESPACE, names),
    payload: Gone.encode({ boot, epoch, reason: 'lost' }),
  }
  const socket = await opened(connect({ id, password, will, keepaliveS: KEEPALIVE_S }))
  const filters = followed.map((topic) => (topic.of as (n: string, o: object) => string)(DEFAULT_NAMESPACE, names))
  socket.write(subscribe(filters))
  socket.write(publish(topics.hello.of(DEFAULT_NAMESPACE, names), helloOf(boot, epoch), nextMessageId()))
  beat(socket, topics.alive.of(DEFAULT_NAMESPACE, names), epoch)
}

/** A socket whose connection the broker has taken. */
function opened(greeting: Buffer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host: '127.0.0.1', port: Number(port), localAddress, noDelay: true })
    let rest: Buffer = Buffer.alloc(0)
    socket.on('error', reject)
    socket.on('close', () => {
      console.log('a connection was lost')
      process.exit(1)
    })
    socket.on('data', (bytes) => {
      const read = readPackets(rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes)
      rest = read.rest
      for (const { type, ok, messageId } of read.packets) {
        if (type === 'connack') ok ? resolve(socket) : reject(new Error('the broker refused a connection'))
        if (messageId !== undefined) socket.write(puback(messageId))
      }
    })
    socket.write(greeting)
  })
}

const helloOf = (boot: string, epoch: number): Buffer =>
  Hello.encode({
    ...{ protocolMin: PROTOCOL, protocolMax: PROTOCOL, boot, epoch, aliveMs: ALIVE_MS },
    ...{ software: 'simulated', arch: 'x64', formats: ['core-module', 'wasi-command', 'component'] },
    ...{ slots: 2, queue: 64, maxPacket: 65_536, maxImage: 64 * MIB, memory: 256 * MIB },
  })

/** Heartbeats begin at a random moment, as those of devices do. A ping goes as seldom as the protocol lets it. */
function beat(socket: Socket, topic: string, epoch: number): void {
  let seq = 0
  setTimeout(() => {
    const say = () => {
      socket.write(publish(topic, Alive.encode({ epoch, seq: seq++, running: 0, queued: 0, freeMemory: 1024 * MIB })))
    }
    say()
    setInterval(say, ALIVE_MS)
    setInterval(() => socket.write(ping), KEEPALIVE_S * 1_000)
  }, Math.random() * ALIVE_MS)
}

const queue = [...agents]
const connectSome = async (): Promise<void> => {
  for (let one = queue.pop(); one; one = queue.pop()) await agent(...one)
}
await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, connectSome))
// One whole interval, so that every one has begun its heartbeats.
await delay(ALIVE_MS)
console.log('ready')
