import { createInterface } from 'node:readline/promises'
import { MessageChannel } from 'node:worker_threads'
import { realClock } from '../shared/clock.ts'
import { runCommandLine } from './cli.ts'
import { handedOver } from './commands/programs.ts'
import { becomeProplet } from './firmware/runtime.ts'
import type { Io, Output } from './io.ts'
import { become, type ProgramName } from './programs.ts'

/** The only file of the command line that knows process and environment. */

const EXIT_INTERRUPTED = 130
/** A terminal tells all of its group, and npm passes on what it is told: what comes so soon is one wish. */
const SAME_WISH_MS = 500

function processIo(): Io {
  const stopping = new AbortController()
  let firstMs = Number.POSITIVE_INFINITY
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      // Somebody who asks twice does not want to wait.
      if (realClock.monotonic() - firstMs > SAME_WISH_MS) process.exit(EXIT_INTERRUPTED)
      firstMs = Math.min(firstMs, realClock.monotonic())
      stopping.abort()
    })
  return {
    out: output(process.stdout),
    err: output(process.stderr),
    env: process.env,
    clock: realClock,
    signal: stopping.signal,
    readStdin,
    ...(process.stdin.isTTY && process.stderr.isTTY && { ask: (question) => ask(question, stopping.signal) }),
  }
}

function output(stream: NodeJS.WriteStream): Output {
  // A reader that has seen enough, as `head`, is no failure.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns
    },
  }
}

async function readStdin(): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of process.stdin) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // Ctrl-C at the question goes to the interface and not to the process.
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    // Nothing is answered where the input ends, as by Ctrl-D.
    const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
    return await Promise.race([terminal.question(question, { signal }), ended])
  } finally {
    terminal.close()
  }
}

const args = process.argv.slice(2)
const [first = ''] = args
const asksForHelp = args.some((one) => one === '--help' || one === '-h')

if (first === 'proplet' && !asksForHelp) await becomeProplet(args.slice(1), process.env, process.stderr)
else if (handedOver.includes(first) && !asksForHelp) await become(first as ProgramName, args.slice(1))
else {
  // The clock's timers keep nothing alive; a command that waits does.
  const stay = new MessageChannel().port1
  stay.on('message', () => undefined)
  process.exitCode = await runCommandLine(args, processIo())
  stay.close()
}
