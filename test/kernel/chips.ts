import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ToChips } from './chip-side.ts'

/** The chips' side of the kernel's buses, in a thread of its own. */
export type Chips = { ask(message: ToChips): Promise<unknown>; close(): Promise<void> }

/** `usb` names the part that becomes a USB gadget. */
export async function startChips(file: string, usb?: string): Promise<Chips> {
  const worker = new Worker(new URL('./chip-side.ts', import.meta.url), { workerData: { file, usb } })
  worker.on('error', (error) => {
    throw error
  })
  await once(worker, 'message')

  async function ask(message: ToChips): Promise<unknown> {
    worker.postMessage(message)
    const [{ value }] = (await once(worker, 'message')) as [{ value: unknown }]
    return value
  }

  return {
    ask,
    async close() {
      await ask({ ask: 'close' })
      await worker.terminate()
    },
  }
}
