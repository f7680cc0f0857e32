import { connect, type Socket } from 'node:net'
import type { Clock } from '../../../shared/clock.ts'
import { SamaraError } from '../../../shared/errors.ts'
import type { SimulatorProgram } from './program.ts'

const LOOK_MS = 50

/** Connects to a Unix socket that a program is about to make. Throws UNAVAILABLE where it ends first, or takes too long. */
export async function reach(
  path: string,
  program: Pick<SimulatorProgram, 'ended'>,
  { clock, startMs }: { readonly clock: Clock; readonly startMs: number },
): Promise<Socket> {
  let over: string | undefined
  void program.ended.then((why) => {
    over = why
  })
  const endMs = clock.monotonic() + startMs
  for (;;) {
    const socket = await tryConnect(path)
    if (socket) return socket
    if (over !== undefined) throw new SamaraError('UNAVAILABLE', over)
    if (clock.monotonic() > endMs)
      throw new SamaraError('DEADLINE_EXCEEDED', `socket ${path}: is not there after ${startMs} ms`)
    await Promise.race([program.ended, pause(clock, LOOK_MS)])
  }
}

function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('error', () => resolve(undefined))
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      socket.on('error', () => socket.destroy())
      resolve(socket)
    })
  })
}

export const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve)
  })
