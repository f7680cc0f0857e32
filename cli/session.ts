import { readFileSync } from 'node:fs'
import { SamaraError } from '../shared/errors.ts'
import { type Client, createClient } from './client.ts'
import type { Io } from './io.ts'
import { type Column, details, table } from './table.ts'
import { oneLine } from './text.ts'
import type { Endpoint } from './transport.ts'

/** Flags that every command has. */
export type GlobalOptions = {
  readonly manager?: string
  readonly token?: string
  readonly ca?: string
  readonly json?: boolean
}

export const DEFAULT_MANAGER = 'http://127.0.0.1:7070'

/** What a command works with: the manager, and the ways to say something. */
export type Session = ReturnType<typeof createSession>

export function createSession(io: Io, options: GlobalOptions) {
  const { out, err } = io
  const isJson = options.json === true
  const style = { columns: out.isTTY ? (out.columns ?? 80) : undefined, bold: out.isTTY && !io.env.NO_COLOR }
  let client: Client | undefined

  return {
    io,
    isJson,
    /** Made when first asked for: not every command needs a manager. */
    get client(): Client {
      client ??= createClient(endpointAt(io, options), io.clock)
      return client
    },
    /** The value for a program; else what `human` makes of it. */
    show<T>(value: T, human: (value: T) => string): void {
      out.write(isJson ? `${JSON.stringify(value, undefined, 2)}\n` : human(value))
    },
    /** One value of a stream: a line of JSON, or what `human` makes of it. */
    line<T>(value: T, human: (value: T) => string): void {
      out.write(`${isJson ? JSON.stringify(value) : human(value)}\n`)
    },
    table: <T>(columns: readonly Column<T>[], rows: readonly T[]): string => table(columns, rows, style),
    details: (rows: Parameters<typeof details>[0]): string => details(rows, style),
    /** For people, on stderr. */
    note: (text: string): void => err.write(`${oneLine(text)}\n`),
    /** Text that is there until the next one, on a terminal only. */
    progress: (text: string): void => {
      if (err.isTTY) err.write(`\r\u001b[K${oneLine(text).slice(0, (err.columns ?? 80) - 1)}`)
    },
    progressEnd: (): void => {
      if (err.isTTY) err.write('\r\u001b[K')
    },
  }
}

/** Where the manager is and who asks, by flags and environment. */
export function endpointAt(io: Io, options: GlobalOptions): Endpoint {
  const token = options.token ?? io.env.SAMARA_TOKEN
  const ca = options.ca ?? io.env.SAMARA_CA
  if (token !== undefined && !/^[\u0021-\u007e]+$/.test(token))
    throw new SamaraError('INVALID_ARGUMENT', 'token: has characters that no token has', { field: 'token' })
  return {
    url: options.manager ?? DEFAULT_MANAGER,
    ...(token && { token }),
    ...(ca && { ca: readFile(ca) }),
  }
}

/** A file that a user named. */
export function readFile(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new SamaraError('NOT_FOUND', `file ${JSON.stringify(file)}: cannot be read: ${code ?? message}`, {
      cause: error,
    })
  }
}
