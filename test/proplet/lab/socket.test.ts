import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FrameReader, frame, LabReply, LabRequest } from '../../../shared/lab/index.ts'
import { started, temporaryFolder } from './running.ts'
import { gpioDevice, i2cDevice } from './support.ts'

/** A client that writes what it likes. */
class RawClient {
  readonly socket: Socket
  readonly #replies: LabReply[] = []
  readonly #reader = new FrameReader()
  #wake = () => {}
  isClosed = false

  constructor(path: string) {
    this.socket = connect(path)
    onTestFinished(() => void this.socket.destroy())
    this.socket.on('data', (piece: Buffer) => {
      for (const message of this.#reader.push(piece)) this.#replies.push(LabReply.decode(message))
      this.#wake()
    })
    this.socket.on('close', () => {
      this.isClosed = true
      this.#wake()
    })
    this.socket.on('error', () => undefined)
  }

  say(request: Parameters<typeof LabRequest.encode>[0]): void {
    this.socket.write(frame(LabRequest.encode(request)))
  }

  async next(): Promise<LabReply | undefined> {
    while (this.#replies.length === 0 && !this.isClosed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    return this.#replies.shift()
  }

  async ask(request: Parameters<typeof LabRequest.encode>[0]): Promise<LabReply | undefined> {
    this.say(request)
    return this.next()
  }
}

const HELLO = { id: 1, hello: { protocol: 1, role: 'proplet' } } as const
const CONTROL = { id: 1, hello: { protocol: 1, role: 'control' } } as const

async function client(hello?: typeof HELLO | typeof CONTROL) {
  const lab = await started()
  const raw = new RawClient(lab.socket)
  if (hello) await raw.ask(hello)
  return { ...lab, raw }
}

describe("the lab's socket", () => {
  test('is for this user alone', async () => {
    const { socket } = await started()
    expect(statSync(socket).mode & 0o777).toBe(0o600)
  })

  test('greets, and says whose time it is', async () => {
    const { raw } = await client()
    expect(await raw.ask(HELLO)).toEqual({ id: 1, welcome: { protocol: 1, lab: 'bench', virtualTime: true } })
  })

  test('opens, runs and closes', async () => {
    const { raw } = await client(HELLO)
    expect(await raw.ask({ id: 2, open: i2cDevice() })).toEqual({ id: 2, opened: 1 })
    const segments = [{ kind: 'read', length: 2 }] as const
    expect(await raw.ask({ id: 3, run: { device: 1, op: 'transfer', target: 0x40, segments } })).toEqual({
      id: 3,
      ran: { data: [Buffer.of(0x10, 0x11)] },
    })
    expect(await raw.ask({ id: 4, close: 1 })).toEqual({ id: 4 })
    expect((await raw.ask({ id: 5, run: { device: 1, op: 'get' } }))?.error).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('answers in the order in which things end, and cancels by id', async () => {
    const { raw } = await client(HELLO)
    await raw.ask({ id: 2, open: gpioDevice(1) })
    raw.say({ id: 3, run: { device: 1, op: 'wait', target: 0 } })
    expect(await raw.ask({ id: 4, run: { device: 1, op: 'get' } })).toEqual({ id: 4, ran: { level: false } })
    raw.say({ id: 5, cancel: 99 })
    raw.say({ id: 6, cancel: 3 })
    expect(await raw.next()).toEqual({ id: 3, ran: { error: 'cancelled' } })
  })

  test('a client that goes gives its lines back', async () => {
    const { raw, socket, lab } = await client(HELLO)
    await raw.ask({ id: 2, open: gpioDevice(1, { direction: 'output' }) })
    const other = new RawClient(socket)
    await other.ask(HELLO)
    expect((await other.ask({ id: 2, open: gpioDevice(1, { direction: 'output' }) }))?.error?.code).toBe('UNAVAILABLE')
    raw.socket.destroy()
    await once(raw.socket, 'close')
    // The lab hears of it when its own end closes; each answer comes after what the lab heard before.
    let reply = await other.ask({ id: 3, open: gpioDevice(1, { direction: 'output' }) })
    for (let round = 0; reply?.error && round < 100; round++)
      reply = await other.ask({ id: 4 + round, open: gpioDevice(1, { direction: 'output' }) })
    expect(reply?.opened).toBe(1)
    expect(lab.name).toBe('bench')
  })

  test('control sets, reads, breaks, mends, moves time and shows', async () => {
    const { raw } = await client(CONTROL)
    expect(await raw.ask({ id: 2, control: { part: 'chip', property: 'says', value: 7 } })).toEqual({
      id: 2,
      controlled: { value: 7 },
    })
    expect((await raw.ask({ id: 3, control: { part: 'chip', property: 'says' } }))?.controlled).toEqual({ value: 7 })
    expect((await raw.ask({ id: 4, control: { fault: { on: 'i2c-0', kind: 'nack' } } }))?.controlled).toEqual({
      fault: 1,
    })
    const { view } = (await raw.ask({ id: 5, control: { show: true } }))?.controlled ?? {}
    expect(view).toMatchObject({ name: 'bench', faults: [{ id: 1, on: 'i2c-0', kind: 'nack' }] })
    expect((await raw.ask({ id: 6, control: { clear: {} } }))?.controlled).toEqual({ cleared: 1 })
    expect((await raw.ask({ id: 7, control: { advanceMs: 5 } }))?.controlled).toEqual({ nowUs: 5000 })
    expect((await raw.ask({ id: 8, control: { trace: {} } }))?.controlled).toEqual({ trace: [] })
  })

  test('control is told of what it cannot have, and stays', async () => {
    const { raw } = await client(CONTROL)
    const refused = async (control: object) => (await raw.ask({ id: 2, control }))?.controlled?.error?.message
    expect(await refused({ part: 'nobody', property: 'x' })).toMatch(/part nobody does not exist; there are chip/)
    expect(await refused({ part: 'chip', property: 'x' })).toMatch(/part chip: has no property x; it has notes, says/)
    expect(await refused({ part: 'chip', property: 'says', value: 256 })).toMatch(
      /chip.says: 256 is not a number from 0 to 255/,
    )
    expect(await refused({ part: 'chip', property: 'notes', value: 'x' })).toMatch(/notes is set by the part alone/)
    expect(await refused({ part: 'chip' })).toMatch(/part and property are named together/)
    expect(await refused({})).toMatch(/asks for 0 things/)
    expect(await refused({ show: true, advanceMs: 1 })).toMatch(/asks for 2 things/)
    expect(await refused({ clear: { fault: 9 } })).toMatch(/fault "9" does not exist/)
    expect(await refused({ advanceMs: 86_400_001 })).toMatch(/a day/)
  })

  test('who watches hears of every change, until it does not want to', async () => {
    const { raw, lab } = await client(CONTROL)
    await raw.ask({ id: 2, watch: true })
    lab.part('chip').set('says', 3)
    lab.part('chip').set('says', 3)
    lab.part('chip').set('says', 4)
    expect((await raw.next())?.change).toMatchObject({ part: 'chip', property: 'says', value: 3 })
    expect((await raw.next())?.change).toMatchObject({ value: 4 })
    await raw.ask({ id: 3, watch: false })
    lab.part('chip').set('says', 5)
    expect(await raw.ask({ id: 4, control: { part: 'chip', property: 'says' } })).toMatchObject({ id: 4 })
  })
})

describe('a peer that breaks the protocol is told why, and hung up on', () => {
  const encoded = (request: object) => frame(LabRequest.encode(request as never))
  const tooLong = Buffer.alloc(4)
  tooLong.writeUInt32BE(0xffff_ffff)

  test.each([
    ['no hello', encoded({ id: 1, profile: 'x' }), 'FAILED_PRECONDITION', /hello comes first/],
    [
      'a newer protocol',
      encoded({ id: 1, hello: { protocol: 2, role: 'control' } }),
      'UNSUPPORTED_VERSION',
      /protocol 2 is not 1/,
    ],
    [
      'two things at once',
      encoded({ id: 1, hello: HELLO.hello, profile: 'x' }),
      'INVALID_ARGUMENT',
      /exactly one other field/,
    ],
    ['nothing', encoded({ id: 1 }), 'INVALID_ARGUMENT', /exactly one other field/],
    ['an id of 0', encoded({ id: 0, hello: HELLO.hello }), 'INVALID_ARGUMENT', /an id above 0/],
    ['no CBOR', frame(Buffer.from('GET / HTTP/1.1')), 'INVALID_ARGUMENT', /cbor/],
    ['a list', frame(Buffer.of(0x80)), 'INVALID_ARGUMENT', /lab-request/],
    ['a frame beyond the bound', tooLong, 'TOO_LARGE', /4294967295 bytes, at most 1048576/],
    ['an empty frame', frame(Buffer.alloc(0)), 'INVALID_ARGUMENT', /ends in the middle/],
  ])('%s', async (_what, bytes, code, message) => {
    const { raw } = await client()
    raw.socket.write(bytes)
    expect(await raw.next()).toMatchObject({ id: 0, error: { code, message: expect.stringMatching(message) } })
    expect(await raw.next()).toBeUndefined()
    expect(raw.isClosed).toBe(true)
  })

  test('and the next client is served', async () => {
    const { raw, socket } = await client()
    raw.socket.write(Buffer.alloc(100_000, 0xff))
    await raw.next()
    expect(await new RawClient(socket).ask(HELLO)).toMatchObject({ welcome: { lab: 'bench' } })
  })

  test('half a frame and then nothing harms nobody', async () => {
    const { raw, socket } = await client()
    raw.socket.end(Buffer.of(0, 0, 1))
    expect(await raw.next()).toBeUndefined()
    expect(await new RawClient(socket).ask(HELLO)).toMatchObject({ id: 1 })
  })

  test.each([
    ['open', { open: i2cDevice() }],
    ['profile', { profile: 'edge-1' }],
    ['run', { run: { device: 1, op: 'get' } }],
  ])('%s is not for control; it is refused, and stays connected', async (_what, request) => {
    const { raw } = await client(CONTROL)
    expect((await raw.ask({ id: 2, ...request } as never))?.error?.message).toMatch(
      /is for role proplet, this client is control/,
    )
    expect((await raw.ask({ id: 3, control: { show: true } }))?.controlled).toBeDefined()
  })

  test.each([
    ['control', { control: { show: true } }],
    ['watch', { watch: true }],
  ])('%s is not for a proplet', async (_what, request) => {
    const { raw } = await client(HELLO)
    expect((await raw.ask({ id: 2, ...request } as never))?.error?.message).toMatch(/is for role control/)
  })

  test('devices, operations and ids are bounded', async () => {
    const { raw } = await client(HELLO)
    for (let id = 2; id < 130; id++) raw.say({ id, open: gpioDevice(1) })
    for (let id = 2; id < 130; id++) expect((await raw.next())?.opened).toBe(id - 1)
    expect((await raw.ask({ id: 130, open: gpioDevice(1) }))?.error?.message).toMatch(/128 devices are open/)
    raw.say({ id: 200, run: { device: 1, op: 'wait', target: 0 } })
    expect((await raw.ask({ id: 200, run: { device: 1, op: 'wait', target: 0 } }))?.error?.message).toMatch(
      /run 200: is running/,
    )
    for (let id = 201; id < 456; id++) raw.say({ id, run: { device: 1, op: 'wait', target: 0 } })
    expect((await raw.ask({ id: 456, run: { device: 1, op: 'wait', target: 0 } }))?.error?.message).toMatch(
      /256 operations are running/,
    )
  })

  test('an answer that does not fit a frame says so', async () => {
    const { raw } = await client(HELLO)
    await raw.ask({ id: 2, open: i2cDevice() })
    const segments = Array.from({ length: 64 }, (_, at) =>
      at % 2 === 0
        ? ({ kind: 'read', length: 65_536 } as const)
        : ({ kind: 'write', bytes: Uint8Array.of(1) } as const),
    )
    expect((await raw.ask({ id: 3, run: { device: 1, op: 'transfer', target: 0x40, segments } }))?.error?.code).toBe(
      'TOO_LARGE',
    )
  })
})

describe('where a lab listens', () => {
  test('a second lab on one socket is refused, and the first goes on', async () => {
    const first = await started()
    await expect(started({ socket: first.socket })).rejects.toThrow(/another lab listens there/)
    expect(await new RawClient(first.socket).ask(HELLO)).toMatchObject({ id: 1 })
  })

  test('a socket that a killed lab left behind is taken over', async () => {
    const dir = temporaryFolder()
    const socket = join(dir, 'left.sock')
    const dead = createServer()
    await new Promise<void>((resolve) => dead.listen(socket, resolve))
    // Closed under its own name it would be removed.
    const { linkSync, renameSync } = await import('node:fs')
    linkSync(socket, `${socket}.kept`)
    await new Promise((resolve) => dead.close(resolve))
    renameSync(`${socket}.kept`, socket)
    const lab = await started({ socket })
    expect(await new RawClient(lab.socket).ask(HELLO)).toMatchObject({ id: 1 })
  })

  test('a file in its place, a folder that is not there and a path too long are errors', async () => {
    const dir = temporaryFolder()
    writeFileSync(join(dir, 'file'), 'precious')
    await expect(started({ socket: join(dir, 'none', 'lab.sock') })).rejects.toThrow(/cannot be listened on: E/)
    await expect(started({ socket: join(dir, 'x'.repeat(120)) })).rejects.toThrow(/longer than 107 bytes/)
    await expect(started({ socket: join(dir, 'file') })).rejects.toThrow(/is no socket/)
  })
})
