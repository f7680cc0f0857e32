import { closeSync, writeSync } from 'node:fs'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { eventfd } from './ioctl.ts'

export type ToEdgeThread =
  | { readonly kind: 'watch'; readonly id: number; readonly fd: number }
  | { readonly kind: 'forget'; readonly id: number }
  | { readonly kind: 'close' }
export type FromEdgeThread = { readonly id: number }

/** Tells when a line has edges to read, without blocking the caller's loop. */
export interface Edges {
  /** Calls `onReadable` once; the function that is returned takes it back. */
  watch(fd: number, onReadable: () => void): () => void
  close(): Promise<void>
}

const ONE = Buffer.from(new BigUint64Array([1n]).buffer)

/** Starts no thread before the first watch: most lines are never waited for. */
export function createEdges(): Edges {
  let thread: EdgeThread | undefined
  return {
    watch(fd, onReadable) {
      thread ??= startThread()
      return thread.watch(fd, onReadable)
    },
    async close() {
      await thread?.close()
      thread = undefined
    },
  }
}

type EdgeThread = Edges

function startThread(): EdgeThread {
  const wake = eventfd()
  const waiting = new Map<number, () => void>()
  let lastId = 0
  const worker = new Worker(new URL(`./edge-thread${extname(import.meta.url)}`, import.meta.url), {
    workerData: { wake },
    execArgv: [],
    name: 'edges',
  })
  worker.on('message', ({ id }: FromEdgeThread) => end(id)?.())
  worker.unref()

  function tell(message: ToEdgeThread): void {
    worker.postMessage(message)
    writeSync(wake, ONE)
  }

  /** The process may end while nobody waits. */
  function end(id: number): (() => void) | undefined {
    const onReadable = waiting.get(id)
    waiting.delete(id)
    if (waiting.size === 0) worker.unref()
    return onReadable
  }

  return {
    watch(fd, onReadable) {
      const id = ++lastId
      waiting.set(id, onReadable)
      worker.ref()
      tell({ kind: 'watch', id, fd })
      return () => {
        if (end(id) !== undefined) tell({ kind: 'forget', id })
      }
    },
    async close() {
      const { promise: ended, resolve } = Promise.withResolvers<void>()
      worker.once('exit', () => resolve())
      worker.ref()
      tell({ kind: 'close' })
      await ended
      closeSync(wake)
    },
  }
}
