import { performance } from 'node:perf_hooks'
import { parentPort } from 'node:worker_threads'
import { openPort } from '../hal/channel.ts'
import type { BusPort } from '../hal/port.ts'
import { componentFactory } from './guest/component.ts'
import { endOfError, endOfValue } from './guest/ending.ts'
import { coreFactory, type Instance } from './guest/instance.ts'
import { scrubGlobals } from './guest/scrub.ts'
import { Guest } from './hosts/guest.ts'
import { hardware } from './hosts/hardware/index.ts'
import { preview2 } from './hosts/preview2.ts'
import type { Done, End, FromWorker, ImageLoad, Job } from './job.ts'

/** The thread in which guests run: one job at a time, a fresh instance for each unless the job says to keep it. */

/** Least time between two hints that there is output to read. */
const FOLLOW_MS = 20
const NOTHING = new Uint8Array()

type Image = {
  readonly instantiate: () => Instance
  readonly cache?: () => Uint8Array
  /** Whether instances may be made ahead: no code of the guest runs by it. */
  readonly inert: boolean
  spare?: Instance | undefined
}

const port = parentPort
if (!port) throw new Error('worker.ts runs in a worker thread')
const say = (message: FromWorker): void => port.postMessage(message)

const guest = new Guest()
const host = Object.freeze({ ...preview2(guest), ...hardware(guest) })
const images = new Map<number, Image>()
let kept: Instance | undefined
let keptPort: BusPort | undefined

function imageOf(job: Job): Image {
  for (const id of job.forget) images.delete(id)
  if (job.load) images.set(job.load.id, load(job.load))
  const image = images.get(job.image)
  if (!image) throw new Error(`image ${job.image} was never loaded`)
  return image
}

const load = (image: ImageLoad): Image => ({
  ...(image.glue ? componentFactory(guest, image, host) : coreFactory(guest, image)),
  inert: image.inert,
})

function instanceOf(image: Image): Instance {
  const instance = kept ?? image.spare ?? image.instantiate()
  image.spare = undefined
  return instance
}

function begin(job: Job): void {
  let saidAt = -FOLLOW_MS
  const onWrite = () => {
    const now = performance.now()
    if (now - saidAt < FOLLOW_MS) return
    saidAt = now
    say({ kind: 'output' })
  }
  guest.begin({ argv: job.argv, env: job.env, stdin: job.stdin ?? NOTHING, valueBytes: job.valueBytes })
  guest.devices.begin(portOf(job))
  guest.output.begin({ capBytes: job.outputBytes, buffers: job.output, onWrite: job.follow ? onWrite : () => {} })
}

function portOf(job: Job): BusPort | undefined {
  const port = keptPort ?? (job.bus && openPort(job.bus))
  if (job.keep) keptPort = port
  return port
}

/** Nothing that the guest began goes on once the agent hears that it has ended. */
function runAndEnd(job: Job): Done {
  const done = run(job)
  const { refusals } = guest.devices
  guest.devices.end({ keep: job.keep })
  return { ...done, refusals }
}

function run(job: Job): Done {
  const started = performance.now()
  const done = (end: End, rest: Partial<Done> = {}): Done => ({
    kind: 'done',
    end,
    runUs: Math.round((performance.now() - started) * 1000),
    ...rest,
  })
  let phase: 'instantiate' | 'call' = 'instantiate'
  let instance: Instance | undefined
  try {
    begin(job)
    const image = imageOf(job)
    instance = instanceOf(image)
    if (job.keep) kept = instance
    phase = 'call'
    const value = instance.call(job.target, job.args)
    const end = endOfValue(guest, value, job.resultBytes)
    return done(end, { pages: instance?.pages(), cache: job.wantCache ? image.cache?.() : undefined })
  } catch (error) {
    return done(endOfError(guest, error, phase), { pages: instance?.pages() })
  }
}

/** Between calls, so that the next need not wait for its instance. Where that fails, the next call finds it out itself. */
function makeSpare(job: Job): void {
  const image = images.get(job.image)
  if (job.keep || !image?.inert) return
  try {
    image.spare ??= image.instantiate()
  } catch {}
}

port.on('message', (job: Job) => {
  say(runAndEnd(job))
  makeSpare(job)
})
scrubGlobals()
say({ kind: 'ready' })
