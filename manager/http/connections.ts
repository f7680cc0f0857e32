import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Which connections have no request under way. Node's own `closeIdleConnections` leaves those on which nothing was ever
 * asked, as browsers open them in advance, and those that become idle after it was called.
 */
export function trackConnections(server: Server, isTls: boolean): { closeIdle(): void } {
  const idle = new Set<Socket>()
  let closing = false
  server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
    idle.add(socket)
    socket.once('close', () => idle.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    idle.delete(socket)
    response.once('close', () => {
      if (closing) socket.end()
      else if (!socket.destroyed) idle.add(socket)
    })
  })
  return {
    closeIdle() {
      closing = true
      for (const socket of idle) socket.destroy()
    },
  }
}
