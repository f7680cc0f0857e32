import { chmodSync, statSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Logger } from 'pino'
import { SamaraError } from '../../shared/errors.ts'
import { serveClient } from './connection.ts'
import type { Lab } from './lab.ts'

const MAX_CLIENTS = 64
/** `sun_path` of Linux, less its final zero. */
const MAX_PATH_BYTES = 107

export type LabServer = { readonly socket: string; close(): Promise<void> }

/** Serves a lab on a Unix socket that this user alone may use. Throws UNAVAILABLE where another program listens there. */
export async function serveLab(lab: Lab, path: string, log: Logger): Promise<LabServer> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new SamaraError('INVALID_ARGUMENT', `socket ${path}: is longer than ${MAX_PATH_BYTES} bytes`, {
      field: 'socket',
    })
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    clients.add(client)
    client.on('close', () => clients.delete(client))
    serveClient(lab, client, log)
  })
  server.maxConnections = MAX_CLIENTS
  await listen(server, path)
  return {
    socket: path,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const client of clients) client.destroy()
      await closed
    },
  }
}

async function listen(server: Server, path: string): Promise<void> {
  try {
    await listenOnce(server, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw unavailable(path, error)
    if (await answers(path))
      throw new SamaraError('UNAVAILABLE', `socket ${path}: another lab listens there`, { field: 'socket' })
    if (!statSync(path).isSocket())
      throw new SamaraError('UNAVAILABLE', `socket ${path}: a file is there that is no socket`, { field: 'socket' })
    // Left by a lab that was killed.
    unlinkSync(path)
    await listenOnce(server, path).catch((again: unknown) => {
      throw unavailable(path, again)
    })
  }
  chmodSync(path, 0o600)
}

const unavailable = (path: string, error: unknown): SamaraError =>
  new SamaraError(
    'UNAVAILABLE',
    `socket ${path}: cannot be listened on: ${(error as NodeJS.ErrnoException).code ?? error}`,
    {
      field: 'socket',
      cause: error,
    },
  )

function listenOnce(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
}
