import { parentPort, workerData } from 'node:worker_threads'
import { pino } from 'pino'
import { openLab } from '../../proplet/lab/lab.ts'
import type { PropertyValue } from '../../proplet/lab/part.ts'
import { realClock } from '../../shared/clock.ts'
import type { FaultKind } from '../../shared/lab/index.ts'
import { bridgeLab } from './bridge.ts'
import { startGadget } from './gadget.ts'

/** A worker of its own, because drivers block the thread that they are called in until the chips have answered. */

export type ToChips =
  | { readonly ask: 'fault'; readonly on: string; readonly kind: FaultKind; readonly count: number }
  | { readonly ask: 'inject'; readonly errno: number; readonly count: number }
  | { readonly ask: 'halt' }
  | { readonly ask: 'clear' }
  | { readonly ask: 'set'; readonly part: string; readonly property: string; readonly value: PropertyValue }
  | { readonly ask: 'wires' }
  | { readonly ask: 'close' }

const { file, usb } = workerData as { file: string; usb: string | undefined }
const lab = await openLab(file, { clock: realClock, log: pino({ level: 'warn' }) })
const bridge = await bridgeLab(lab)
const model = usb === undefined ? undefined : lab.part(usb).model.usb
const gadget = model && startGadget(model)

async function answer(message: ToChips): Promise<unknown> {
  switch (message.ask) {
    case 'fault':
      return lab.addFault({ on: message.on, kind: message.kind, count: message.count })
    case 'inject':
      return bridge.inject(message.errno, message.count)
    case 'clear':
      return lab.faults.clear()
    case 'halt':
      return gadget?.halt()
    case 'set':
      return lab.part(message.part).set(message.property, message.value)
    case 'wires': {
      const wires = lab.trace.wires()
      lab.trace.clear()
      return wires
    }
    case 'close':
      return bridge.close()
  }
}

parentPort?.on('message', async (message: ToChips) => {
  const value = await answer(message)
  parentPort?.postMessage({ value })
})
parentPort?.postMessage({ value: 'ready' })
