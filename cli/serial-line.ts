import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { isatty, ReadStream, WriteStream } from 'node:tty'
import { promisify } from 'node:util'
import { SamaraError } from '../shared/errors.ts'

/** A board's serial line: a device of this machine, or the socket that an emulator listens on. */
export type SerialLine = {
  readonly write: (text: string) => void
  readonly listen: (hear: (bytes: Uint8Array) => void) => void
  /** Resolves with the reason when it ends by itself. */
  readonly ended: Promise<string>
  readonly close: () => void
}

const run = promisify(execFile)

/** Throws NOT_FOUND, PERMISSION_DENIED or INVALID_ARGUMENT with the path, and what was expected of it. */
export async function openSerialLine(path: string, baud: number): Promise<SerialLine> {
  if (isSocket(path)) return await openSocket(path)
  // Without waiting for a carrier, and without making it our terminal.
  const open = () => openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
  const [input, output] = [tried(path, open), tried(path, open)]
  if (!isatty(input)) {
    for (const fd of [input, output]) closeSync(fd)
    throw new SamaraError('INVALID_ARGUMENT', `line ${path}: is none, expected a serial device such as /dev/ttyUSB0`)
  }
  try {
    await run('stty', ['-F', path, `${baud}`, 'raw', '-echo', '-hupcl', 'clocal'])
  } catch (cause) {
    for (const fd of [input, output]) closeSync(fd)
    const { stderr, message } = cause as { stderr?: string; message: string }
    const [why] = (stderr || message).trim().split('\n')
    throw new SamaraError('FAILED_PRECONDITION', `line ${path}: its rate and mode cannot be set: ${why}`, { cause })
  }
  return ofStreams(path, new ReadStream(input), new WriteStream(output))
}

function isSocket(path: string): boolean {
  return tried(path, () => statSync(path)).isSocket()
}

function tried<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new SamaraError('NOT_FOUND', `line ${path}: is not there`, { cause })
    if (code === 'EACCES' || code === 'EPERM')
      throw new SamaraError('PERMISSION_DENIED', `line ${path}: may not be opened (serial lines: group dialout)`, {
        cause,
      })
    throw new SamaraError('FAILED_PRECONDITION', `line ${path}: cannot be opened: ${code}`, { cause })
  }
}

function openSocket(path: string): Promise<SerialLine> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(ofStreams(path, socket, socket)))
    socket.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new SamaraError('FAILED_PRECONDITION', `line ${path}: cannot be opened: ${cause.code}`, { cause })),
    )
  })
}

type Stream = {
  on(event: 'error' | 'close', heard: (error?: Error) => void): unknown
  destroy(): unknown
}
type Readable = Stream & { on(event: 'data', heard: (bytes: Uint8Array) => void): unknown }
type Writable = Stream & { write(text: string): unknown }

function ofStreams(path: string, input: Readable, output: Writable): SerialLine {
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  for (const stream of [input, output]) {
    stream.on('error', () => resolve(`line ${path}: is gone`))
    stream.on('close', () => resolve(`line ${path}: is gone`))
  }
  return {
    write: (text) => void output.write(text),
    listen: (hear) => void input.on('data', hear),
    ended,
    close() {
      input.destroy()
      output.destroy()
    },
  }
}
