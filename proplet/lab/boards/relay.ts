import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net'

/** Carries the bytes of a connection on to another place, both ways, until either end is over. */

const AGAIN_MS = 100

export type Relay = { close(): void }

/** Everybody who connects to `server` is connected to what `target` names; again and again while nobody is there yet. */
export async function openRelay(
  listen: { readonly path: string } | { readonly host: string; readonly port: number },
  target: NetConnectOpts,
  again: (fn: () => void, ms: number) => void,
): Promise<Relay> {
  const open = new Set<Socket>()
  const server = createServer((client) => {
    keep(open, client)
    join(client, target, open, again)
  })
  await listening(server, listen)
  return {
    close() {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}

function join(client: Socket, target: NetConnectOpts, open: Set<Socket>, again: (fn: () => void, ms: number) => void) {
  if (client.destroyed) return
  const there = connect(target)
  there.once('error', () => {
    again(() => join(client, target, open, again), AGAIN_MS)
  })
  there.once('connect', () => {
    there.removeAllListeners('error')
    keep(open, there)
    for (const [from, to] of [
      [client, there],
      [there, client],
    ] as const) {
      from.pipe(to)
      from.once('close', () => to.destroy())
    }
  })
}

function keep(open: Set<Socket>, socket: Socket): void {
  open.add(socket)
  socket.on('error', () => socket.destroy())
  socket.once('close', () => open.delete(socket))
}

function listening(
  server: Server,
  where: { readonly path: string } | { readonly host: string; readonly port: number },
) {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
