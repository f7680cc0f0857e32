import { connect } from 'node:net'
import { SamaraError, toSamaraError } from '../../../../shared/errors.ts'
import { FrameReader, frame, LAB_PROTOCOL, LabReply, LabRequest, type LabRole } from '../../../../shared/lab/index.ts'

type Question = Omit<LabRequest, 'id'>
type Waiting = { readonly resolve: (reply: LabReply) => void; readonly reject: (error: SamaraError) => void }

/** A connection to a lab, greeted. */
export type LabConnection = {
  readonly virtualTime: boolean
  readonly isOpen: boolean
  /** Rejects with the lab's own error, or UNAVAILABLE once the lab is gone. */
  ask(question: Question, signal?: AbortSignal): Promise<LabReply>
  close(): void
}

const LARGEST_ID = 0xffff_ffff

/** Rejects with UNAVAILABLE where no lab listens. */
export async function connectLab(path: string, role: LabRole): Promise<LabConnection> {
  const socket = await dial(path)
  const reader = new FrameReader()
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  let why = new SamaraError('UNAVAILABLE', `lab at ${path}: is gone`)

  function ask(question: Question, signal?: AbortSignal): Promise<LabReply> {
    if (socket.destroyed) return Promise.reject(why)
    lastId = lastId === LARGEST_ID ? 1 : lastId + 1
    const id = lastId
    const { promise, resolve, reject } = Promise.withResolvers<LabReply>()
    // Encoded first: what does not fit is refused, and nobody waits for it.
    const bytes = frame(LabRequest.encode({ ...question, id }))
    const cancel = () => socket.write(frame(LabRequest.encode({ id, cancel: id })))
    signal?.addEventListener('abort', cancel, { once: true })
    const done = () => {
      waiting.delete(id)
      signal?.removeEventListener('abort', cancel)
    }
    waiting.set(id, {
      resolve(reply) {
        done()
        resolve(reply)
      },
      reject(error) {
        done()
        reject(error)
      },
    })
    socket.write(bytes)
    return promise
  }

  function take(bytes: Uint8Array): void {
    const reply = LabReply.decode(bytes)
    const asked = waiting.get(reply.id)
    if (!reply.error) return asked?.resolve(reply)
    const error = new SamaraError(reply.error.code, reply.error.message)
    if (reply.id === 0) why = error
    asked?.reject(error)
  }

  socket.on('data', (piece: Buffer) => {
    try {
      for (const message of reader.push(piece)) take(message)
    } catch (error) {
      why = toSamaraError(error)
      socket.destroy()
    }
  })
  socket.on('close', () => {
    for (const one of [...waiting.values()]) one.reject(why)
  })

  const { welcome } = await ask({ hello: { protocol: LAB_PROTOCOL, role } }).catch((error: unknown) => {
    socket.destroy()
    throw error
  })
  return {
    virtualTime: welcome?.virtualTime === true,
    get isOpen() {
      return !socket.destroyed
    },
    ask,
    close: () => socket.destroy(),
  }
}

function dial(path: string) {
  const socket = connect(path)
  return new Promise<typeof socket>((resolve, reject) => {
    socket.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        new SamaraError('UNAVAILABLE', `lab at ${path}: cannot be reached: ${error.code ?? error.message}`, {
          cause: error,
        }),
      ),
    )
    socket.once('connect', () => resolve(socket))
  })
}
