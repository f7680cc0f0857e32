import { availableParallelism } from 'node:os'
import { hrtime } from 'node:process'
import { parentPort, workerData } from 'node:worker_threads'
import type { Driver } from './driver.ts'
import type { OpenDriver } from './drivers/index.ts'
import type { FromIoWorker, IoWorkerData, ToIoWorker } from './io-messages.ts'
import { IoServer } from './io-server.ts'

/**
 * The thread that owns one controller: its file descriptors are opened, used and closed here. It may block in a system
 * call, which then stops nobody but those who want the same bus.
 */

const port = parentPort
if (!port) throw new Error('io-worker.ts runs in a worker thread')
const { controller, kind, bell, drivers } = workerData as IoWorkerData
const say = (message: FromIoWorker): void => port.postMessage(message)

async function openDriver(): Promise<Driver> {
  const { openDriver: open } = (await import(drivers)) as { openDriver: OpenDriver }
  return await open(controller, kind)
}

const server = new IoServer({
  openDriver,
  nowNs: () => hrtime.bigint(),
  serial: kind === 'i2c' || kind === 'spi',
  onRefused: (session, refusals, text) => say({ session, refusals, text }),
  onEdge: (session) => say({ session, edge: true }),
  onBlind: (session, blind) => say({ session, blind }),
})

port.on('message', async ({ id, question }: ToIoWorker) => {
  say({ id, answer: await server.answer(question) })
  if (question.do === 'close') port.close()
})

/** Whoever read a register reads the next one at once: to be awake for it saves most of its way. */
const AWAKE_NS = 50_000n
/** On one core that would keep the guest itself from running. */
const staysAwake = availableParallelism() > 1

function ringsSoon(rung: Int32Array, heard: number): void {
  for (const untilNs = hrtime.bigint() + AWAKE_NS; hrtime.bigint() < untilNs; )
    if (Atomics.load(rung, 0) !== heard) return
}

/** Looked at before each wait: what rings between look and wait ends the wait at once. */
async function listen(): Promise<never> {
  const rung = new Int32Array(bell)
  for (;;) {
    const heard = Atomics.load(rung, 0)
    if (server.look() && staysAwake) ringsSoon(rung, heard)
    const waiting = Atomics.waitAsync(rung, 0, heard)
    if (waiting.async) await waiting.value
  }
}

void listen()
