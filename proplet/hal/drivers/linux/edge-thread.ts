import { readSync } from 'node:fs'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { FromEdgeThread, ToEdgeThread } from './edges.ts'
import { POLLFD_BYTES, POLLIN, poll } from './ioctl.ts'

/**
 * Blocks in poll(2), so that the I/O worker does not. Node's own loop cannot watch a line: it takes pipes, sockets and
 * terminals only, and a read that is under way would keep the process from ending.
 */

/** How soon the thread notices that its parent was killed; everything else wakes it at once. */
const MAX_BLOCK_MS = 200

const port = parentPort
if (port === null) throw new Error('edge-thread.ts is the program of a worker')
const { wake } = workerData as { wake: number }
const watched = new Map<number, number>()
let closing = false

port.on('message', (message: ToEdgeThread) => {
  take(message)
  while (watched.size > 0 && !closing) turn()
  if (closing) port.close()
})

function take(message: ToEdgeThread): void {
  if (message.kind === 'watch') watched.set(message.id, message.fd)
  if (message.kind === 'forget') watched.delete(message.id)
  if (message.kind === 'close') closing = true
}

function turn(): void {
  for (let next = received(); next !== undefined; next = received()) take(next)
  if (closing || watched.size === 0) return
  const ids = [...watched.keys()]
  const entries = entriesOf([wake, ...watched.values()])
  if (poll(entries, MAX_BLOCK_MS) <= 0) return
  // Reading sets its counter back; whoever wrote it has a message for us.
  if (isReady(entries, 0)) readSync(wake, Buffer.alloc(8))
  ids.filter((_, i) => isReady(entries, i + 1)).forEach(report)
}

const received = (): ToEdgeThread | undefined =>
  port && (receiveMessageOnPort(port)?.message as ToEdgeThread | undefined)

function entriesOf(fds: readonly number[]): Buffer {
  const entries = Buffer.alloc(fds.length * POLLFD_BYTES)
  fds.forEach((fd, i) => {
    entries.writeInt32LE(fd, i * POLLFD_BYTES)
    entries.writeInt16LE(POLLIN, i * POLLFD_BYTES + 4)
  })
  return entries
}

const isReady = (entries: Buffer, index: number): boolean => entries.readInt16LE(index * POLLFD_BYTES + 6) !== 0

/** Once: who wants more asks again, so that an edge nobody reads does not spin this thread. */
function report(id: number): void {
  watched.delete(id)
  port?.postMessage({ id } satisfies FromEdgeThread)
}
