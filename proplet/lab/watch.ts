import type { Clock } from '../../shared/clock.ts'
import { SamaraError } from '../../shared/errors.ts'
import type { LabChange } from '../../shared/lab/index.ts'
import type { Lab } from './lab.ts'

/** Changes of properties as server-sent events. */

const MAX_WATCHERS = 64
/** Changes that may wait for a watcher; a slower one is dropped. */
const MAX_WAITING = 1024
const HEARTBEAT_MS = 15_000

type Watcher = { readonly waiting: string[]; wake: () => void; gone: boolean }

const encoder = new TextEncoder()

export function createWatch(lab: Lab, clock: Clock) {
  const watchers = new Set<Watcher & { readonly part: string | undefined }>()
  const stop = lab.watch((change) => {
    for (const one of watchers) if (one.part === undefined || one.part === change.part) give(one, change)
  })

  function open(part: string | undefined): ReadableStream<Uint8Array> {
    if (part !== undefined && !lab.boards.parts.has(part)) lab.part(part)
    if (watchers.size >= MAX_WATCHERS)
      throw new SamaraError('RESOURCE_EXHAUSTED', `events: ${MAX_WATCHERS} clients are watching, the most there may be`)
    const watcher = { waiting: [], wake: () => {}, gone: false, part }
    watchers.add(watcher)
    const end = () => {
      watchers.delete(watcher)
      watcher.gone = true
      watcher.wake()
    }
    return new ReadableStream<Uint8Array>({
      // The head goes out now, so that a watcher knows that it watches.
      start: (controller) => controller.enqueue(encoder.encode(': watching\n\n')),
      async pull(controller) {
        const text = await next(watcher, clock)
        if (text !== undefined) return controller.enqueue(encoder.encode(text))
        end()
        controller.close()
      },
      cancel: end,
    })
  }

  return {
    open,
    close() {
      stop()
      for (const one of watchers) {
        one.gone = true
        one.wake()
      }
    },
  }
}

function give(watcher: Watcher, change: LabChange): void {
  if (watcher.waiting.length >= MAX_WAITING) watcher.gone = true
  else watcher.waiting.push(`event: change\ndata: ${JSON.stringify(change)}\n\n`)
  watcher.wake()
}

/** The next event, a comment when there was none for long, or undefined at the end. */
async function next(watcher: Watcher, clock: Clock): Promise<string | undefined> {
  if (!watcher.gone && watcher.waiting.length === 0) await somethingOr(watcher, clock)
  if (watcher.gone) return undefined
  return watcher.waiting.shift() ?? ': alive\n\n'
}

function somethingOr(watcher: Watcher, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = clock.after(HEARTBEAT_MS, resolve)
  watcher.wake = () => {
    stop()
    resolve()
  }
  return promise
}
