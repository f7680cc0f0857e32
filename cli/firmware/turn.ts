import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * One at a time does what has this name, in whatever processes of this machine. The kernel keeps the name, not the disk:
 * whoever dies leaves nothing behind.
 */
export async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const path = `\0samara-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
  const waiting = new Set<Socket>()
  const server = createServer((socket) => waiting.add(socket.on('error', () => undefined)))
  while (!(await taken(server, path))) await released(path)
  try {
    return await work()
  } finally {
    server.close()
    for (const socket of waiting) socket.destroy()
  }
}

async function taken(server: Server, path: string): Promise<boolean> {
  try {
    await once(server.listen(path), 'listening')
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  }
}

/** Resolves when its holder has let go, or has died. */
function released(path: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
    socket.resume()
  })
}
