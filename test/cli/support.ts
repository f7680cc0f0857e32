import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import { runCommandLine } from '../../cli/cli.ts'
import type { Io, Output } from '../../cli/io.ts'
import { realClock } from '../../shared/clock.ts'

export type Ran = { readonly code: number; readonly out: string; readonly err: string }

export type Surroundings = {
  readonly env?: Record<string, string>
  readonly stdin?: string
  /** Columns of a terminal; a pipe where it is left out. */
  readonly columns?: number
  readonly signal?: AbortSignal
  /** What somebody at the terminal answers; nobody is there where it is left out. */
  readonly answer?: string
}

/** Runs a command line in this process. */
export async function samara(args: readonly string[], around: Surroundings = {}): Promise<Ran> {
  const texts = { out: '', err: '' }
  const output = (name: 'out' | 'err'): Output => ({
    write: (text) => {
      texts[name] += text
    },
    isTTY: around.columns !== undefined,
    columns: around.columns,
  })
  const io: Io = {
    out: output('out'),
    err: output('err'),
    env: around.env ?? {},
    clock: realClock,
    signal: around.signal ?? new AbortController().signal,
    readStdin: async () => Buffer.from(around.stdin ?? ''),
    ...(around.answer !== undefined && {
      ask: async (question) => {
        texts.err += question
        return around.answer ?? ''
      },
    }),
  }
  return { code: await runCommandLine(args, io), ...texts }
}

export type Seen = {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}
export type Answered = { readonly status?: number; readonly json?: unknown; readonly text?: string }
type Answers = Readonly<Record<string, Answered | ((seen: Seen) => Answered)>>

/** A manager that knows a few answers: `GET /v1/users`, the query left out. Everything else is a problem 404. */
export async function fakeManager(answers: Answers): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const url = await serve(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const one: Seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(pieces),
    }
    seen.push(one)
    const known = answers[`${one.method} ${one.path.split('?')[0]}`]
    const answer = typeof known === 'function' ? known(one) : (known ?? notThere(one))
    response.statusCode = answer.status ?? 200
    response.setHeader('content-type', 'application/json')
    response.end(answer.text ?? (answer.json === undefined ? '' : JSON.stringify(answer.json)))
  })
  return { url, seen }
}

const notThere = ({ path }: Seen): Answered => ({
  status: 404,
  json: { status: 404, code: 'NOT_FOUND', title: 'There is none.', detail: `path ${path} does not exist` },
})

/** Any HTTP server, for as long as the test. */
export async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void,
): Promise<string> {
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}
