import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Stands between agent and broker, and ends a connection without a word after so many bytes towards the agent. */
export type Cutter = {
  /** Its own port, for the broker at that one. */
  through(port: number): Promise<number>
  /** Connections that it ended. */
  readonly cuts: number
}

/** `afterBytes` has a number for each connection; those beyond it are let alone. */
export function cutter(afterBytes: readonly number[]): Cutter {
  const left = [...afterBytes]
  let cuts = 0

  function join(agent: Socket, port: number): void {
    const broker = connect({ port, host: '127.0.0.1', noDelay: true })
    agent.setNoDelay(true)
    let allowed = left.shift() ?? Number.POSITIVE_INFINITY
    const end = () => {
      agent.destroy()
      broker.destroy()
    }
    for (const one of [agent, broker]) one.on('error', end).on('close', end)
    agent.on('data', (bytes) => broker.write(bytes))
    broker.on('data', (bytes) => {
      if (bytes.length <= allowed) {
        allowed -= bytes.length
        agent.write(bytes)
        return
      }
      cuts++
      // A packet that is there in part is what a radio leaves.
      agent.write(bytes.subarray(0, allowed), end)
    })
  }

  return {
    get cuts() {
      return cuts
    },
    async through(port) {
      const sockets = new Set<Socket>()
      const server = createServer((socket) => {
        sockets.add(socket)
        socket.on('close', () => sockets.delete(socket))
        join(socket, port)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => {
        server.close()
        for (const socket of sockets) socket.destroy()
      })
      const address = server.address()
      return typeof address === 'object' && address ? address.port : 0
    },
  }
}
