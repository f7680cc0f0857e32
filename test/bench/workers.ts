import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { WorkerSlot } from '../../proplet/runtime/worker-slot.ts'
import { workerSource } from '../../proplet/runtime/worker-source.ts'
import type { Group } from './bench.ts'
import { latency } from './rows.ts'

/** Says that it is there, and answers what it is told. */
const BARE = `const { parentPort } = require('node:worker_threads')
parentPort.on('message', (message) => parentPort.postMessage(message))
parentPort.postMessage('ready')`
const JS_HEAP_MB = 64

/** A locked worker of a proplet until it takes calls, beside a bare thread; and a call of that thread. */
export const workers: Group = {
  ids: ['worker.start', 'floor.worker.start', 'floor.worker'],
  async measure({ quick }) {
    const plan = quick ? { starts: 2, calls: 20 } : { starts: 30, calls: 2_000 }
    const source = workerSource(new URL('../../proplet/runtime/worker.ts', import.meta.url))
    const locked: number[] = []
    const plain: number[] = []
    for (let round = 0; round < plan.starts; round++) {
      locked.push(await startLocked(source))
      plain.push(await startPlain())
    }
    const worker = new Worker(BARE, { eval: true })
    await once(worker, 'message')
    const calls: number[] = []
    for (let count = 0; count < plan.calls; count++) calls.push(await call(worker))
    await worker.terminate()
    return [latency('worker.start', locked), latency('floor.worker.start', plain), latency('floor.worker', calls)]
  },
}

async function startLocked(source: string): Promise<number> {
  const beganMs = performance.now()
  const slot = new WorkerSlot({ source, jsHeapMb: JS_HEAP_MB, onGone: () => undefined })
  await slot.ready
  const ms = performance.now() - beganMs
  await slot.terminate()
  return ms
}

async function startPlain(): Promise<number> {
  const beganMs = performance.now()
  const worker = new Worker(BARE, { eval: true })
  await once(worker, 'message')
  const ms = performance.now() - beganMs
  await worker.terminate()
  return ms
}

async function call(worker: Worker): Promise<number> {
  const beganMs = performance.now()
  worker.postMessage(beganMs)
  await once(worker, 'message')
  return performance.now() - beganMs
}
