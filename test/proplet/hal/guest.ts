import { parentPort, workerData } from 'node:worker_threads'
import { openPort } from '../../../proplet/hal/channel.ts'
import type { BusLoad } from '../../../proplet/hal/port.ts'
import type { Step } from './support.ts'

/** Plays steps on the devices that it was handed; blocked for as long as an operation is. */

const port = openPort(workerData as BusLoad)

function play(step: Step): unknown {
  const { device = 0 } = step
  if ('call' in step) return port.call(device, step.call)
  if ('finish' in step) return port.finish(device, step.finish)
  if ('begin' in step) return port.begin(device, step.begin)
  return port.cancel(device)
}

parentPort?.on('message', (steps: Step[]) => {
  const answers: unknown[] = []
  for (const step of steps)
    try {
      const answer = play(step)
      if ('call' in step || 'finish' in step) answers.push(answer)
    } catch (error) {
      answers.push((error as Error).message)
    }
  parentPort?.postMessage(answers)
})
