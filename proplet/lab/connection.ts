import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import type { Answer } from '../../shared/bus.ts'
import { SamaraError, toSamaraError } from '../../shared/errors.ts'
import { cut, errorBody } from '../../shared/fields.ts'
import {
  FrameReader,
  frame,
  LAB_PROTOCOL,
  type LabRan,
  LabReply,
  LabRequest,
  type LabRole,
  type LabRun,
} from '../../shared/lab/index.ts'
import type { BusDevice } from './buses/bus.ts'
import { control } from './control.ts'
import type { Lab } from './lab.ts'

const MAX_OPEN = 128
const MAX_RUNNING = 256
/** What may wait for a peer that does not read. */
const MAX_UNSENT_BYTES = 8 * 1024 * 1024

type Ask<K extends keyof LabRequest> = NonNullable<LabRequest[K]>

/** Speaks with one client. What breaks the protocol is told why, and hung up on. */
export function serveClient(lab: Lab, socket: Socket, log: Logger): void {
  const reader = new FrameReader()
  const devices = new Map<number, BusDevice>()
  const running = new Map<number, AbortController>()
  let role: LabRole | undefined
  let nextDevice = 1
  let stopWatching: (() => void) | undefined
  let isOver = false

  function reply(message: LabReply): void {
    if (isOver || socket.destroyed) return
    if (socket.writableLength > MAX_UNSENT_BYTES)
      return hangUp(new SamaraError('RESOURCE_EXHAUSTED', 'client: does not read'))
    socket.write(frame(encoded(message)))
  }

  function encoded(message: LabReply): Buffer {
    const bytes = LabReply.encode(message)
    if (bytes.length <= LabReply.maxBytes) return bytes
    const error = new SamaraError(
      'TOO_LARGE',
      `answer: ${bytes.length} bytes, at most ${LabReply.maxBytes} fit a frame`,
    )
    return LabReply.encode({ id: message.id, error: errorBody(error) })
  }

  function hangUp(error: SamaraError): void {
    if (isOver) return
    isOver = true
    log.warn({ err: error.message }, 'client of the lab refused')
    if (!socket.destroyed) socket.write(frame(LabReply.encode({ id: 0, error: errorBody(error) })))
    socket.destroySoon()
    end()
  }

  function end(): void {
    stopWatching?.()
    for (const one of running.values()) one.abort()
    for (const device of devices.values()) device.close()
    running.clear()
    devices.clear()
  }

  const asProplet = () => needs('proplet')
  function needs(wanted: LabRole): void {
    if (role !== wanted)
      throw new SamaraError('PERMISSION_DENIED', `request: is for role ${wanted}, this client is ${role}`)
  }

  function hello(id: number, { protocol, role: wanted }: Ask<'hello'>): LabReply {
    if (protocol !== LAB_PROTOCOL)
      throw new SamaraError('UNSUPPORTED_VERSION', `hello: protocol ${protocol} is not ${LAB_PROTOCOL}`)
    if (role) throw new SamaraError('FAILED_PRECONDITION', 'hello: was said before')
    role = wanted
    return { id, welcome: { protocol: LAB_PROTOCOL, lab: lab.name, virtualTime: lab.time.isVirtual } }
  }

  function open(id: number, device: Ask<'open'>): LabReply {
    asProplet()
    if (devices.size >= MAX_OPEN)
      throw new SamaraError('RESOURCE_EXHAUSTED', `open: ${MAX_OPEN} devices are open, the most there may be`)
    devices.set(nextDevice, lab.open(device))
    return { id, opened: nextDevice++ }
  }

  function close(id: number, number: number): LabReply {
    device(number).close()
    devices.delete(number)
    return { id }
  }

  function device(number: number): BusDevice {
    asProplet()
    const found = devices.get(number)
    if (!found) throw new SamaraError('NOT_FOUND', `device ${number}: is not open`)
    return found
  }

  function run(id: number, operation: LabRun): LabReply | undefined {
    const bus = device(operation.device)
    if (running.has(id)) throw new SamaraError('ALREADY_EXISTS', `run ${id}: is running`)
    if (running.size >= MAX_RUNNING)
      throw new SamaraError('RESOURCE_EXHAUSTED', `run: ${MAX_RUNNING} operations are running, the most there may be`)
    const cancel = new AbortController()
    const ran = bus.run(operation as never, cancel.signal)
    if (!(ran instanceof Promise)) return { id, ran: ranOf(ran) }
    running.set(id, cancel)
    void ran.then((answer) => {
      running.delete(id)
      reply({ id, ran: ranOf(answer) })
    })
    return undefined
  }

  /** At once where the lab alone has to do it; requests after it find it done. */
  function controlled(id: number, command: Ask<'control'>): LabReply | undefined {
    const done = control(lab, command)
    if (!(done instanceof Promise)) return { id, controlled: done }
    void done.then((one) => reply({ id, controlled: one }))
    return undefined
  }

  function watch(id: number, wanted: boolean): LabReply {
    needs('control')
    stopWatching?.()
    stopWatching = wanted ? lab.watch((change) => reply({ id: 0, change })) : undefined
    return { id }
  }

  function answer(request: LabRequest): LabReply | undefined {
    const { id } = request
    if (request.hello) return hello(id, request.hello)
    if (request.profile !== undefined) {
      asProplet()
      return { id, profile: { devices: lab.profile(request.profile), virtualTime: lab.time.isVirtual } }
    }
    if (request.run) return run(id, request.run)
    if (request.open) return open(id, request.open)
    if (request.close !== undefined) return close(id, request.close)
    if (request.cancel !== undefined) {
      running.get(request.cancel)?.abort()
      return undefined
    }
    if (request.control) {
      needs('control')
      return controlled(id, request.control)
    }
    return watch(id, request.watch === true)
  }

  function take(bytes: Uint8Array): void {
    const request = LabRequest.decode(bytes)
    if (Object.keys(request).length !== 2 || request.id === 0)
      throw new SamaraError('INVALID_ARGUMENT', 'lab-request: an id above 0 and exactly one other field expected')
    if (!role && !request.hello) throw new SamaraError('FAILED_PRECONDITION', 'lab-request: hello comes first')
    let said: LabReply | undefined
    try {
      said = answer(request)
    } catch (error) {
      if (request.hello) throw error
      said = { id: request.id, error: errorBody(toSamaraError(error)) }
    }
    if (said) reply(said)
  }

  socket.on('data', (piece: Buffer) => {
    try {
      socket.cork()
      for (const message of isOver ? [] : reader.push(piece)) take(message)
    } catch (error) {
      hangUp(toSamaraError(error))
    } finally {
      socket.uncork()
    }
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', end)
}

const ranOf = ({ data, level, error, detail }: Answer): LabRan => ({
  ...(data && { data }),
  ...(level !== undefined && { level }),
  ...(error && { error }),
  ...(detail !== undefined && { detail: cut(detail, 240) }),
})
