import { type ChildProcess, fork } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../shared/clock.ts'
import { SamaraError } from '../../shared/errors.ts'
import { cut } from '../../shared/fields.ts'
import type { Inspector } from '../services/functions.ts'
import { type Checked, type ComponentTools, inspect, type Validate } from './inspect.ts'
import type { CheckAnswer, CheckRequest } from './inspect-child.ts'

export type InspectorOptions = {
  readonly clock: Clock
  /** Until a process that looks at one component is killed. @default 20000 */
  readonly timeoutMs?: number
  /** Components that may wait for the one that is looked at. @default 16 */
  readonly maxWaiting?: number
}

const TIMEOUT_MS = 20_000
const MAX_WAITING = 16
const CHILD_HEAP_MB = 512
/** Of what the tools say, which quotes the module. */
const MAX_REASON_BYTES = 300

const validate: Validate = (bytes) =>
  (globalThis as unknown as { WebAssembly: { validate: Validate } }).WebAssembly.validate(bytes)

/** Looks into uploaded modules. One process at a time, since each takes 100 MB while it lives. */
export function createInspector(options: InspectorOptions): Inspector & { close(): Promise<void> } {
  const { clock, timeoutMs = TIMEOUT_MS, maxWaiting = MAX_WAITING } = options
  const closing = new AbortController()
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  async function check(bytes: Uint8Array, layer: CheckRequest['layer']): Promise<Checked> {
    if (waiting > maxWaiting)
      throw new SamaraError(
        'RESOURCE_EXHAUSTED',
        `module: ${waiting} others are being inspected, at most ${maxWaiting} may wait`,
      )
    waiting++
    const turn = last.then(() => checkInChild({ bytes, layer }, { clock, timeoutMs, signal: closing.signal }))
    last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      waiting--
    }
  }

  const tools: ComponentTools = { check }
  return {
    inspect: (bytes) => inspect(bytes, tools, validate),
    async close() {
      closing.abort()
      await last
    },
  }
}

type Turn = { readonly clock: Clock; readonly timeoutMs: number; readonly signal: AbortSignal }

async function checkInChild(request: CheckRequest, { clock, timeoutMs, signal }: Turn): Promise<Checked> {
  if (signal.aborted) throw cancelled()
  const child = startChild()
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const ended = Promise.withResolvers<never>()
  const abort = () => ended.reject(cancelled())
  signal.addEventListener('abort', abort)
  const stop = clock.after(timeoutMs, () =>
    ended.reject(new SamaraError('DEADLINE_EXCEEDED', `module: not inspected within ${timeoutMs} ms`)),
  )
  try {
    return checked(await Promise.race([ask(child, request), ended.promise]))
  } finally {
    stop()
    signal.removeEventListener('abort', abort)
    child.kill('SIGKILL')
    await exited
  }
}

const cancelled = (): SamaraError => new SamaraError('CANCELLED', 'module: the inspector was closed')

function checked(answer: CheckAnswer): Checked {
  if (!('error' in answer)) return answer
  const reason = answer.error.replace(/\s+/g, ' ').trim()
  throw new SamaraError('INVALID_ARGUMENT', `module: ${cut(reason, MAX_REASON_BYTES)}`)
}

function ask(child: ChildProcess, request: CheckRequest): Promise<CheckAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<CheckAnswer>()
  child.once('message', (answer) => resolve(answer as unknown as CheckAnswer))
  child.once('error', (cause) =>
    reject(new SamaraError('INTERNAL', 'the process that inspects modules failed', { cause })),
  )
  child.once('exit', (code, signal) =>
    reject(
      new SamaraError('INVALID_ARGUMENT', `module: inspecting it ended the process (${signal ?? `exit ${code}`})`),
    ),
  )
  child.send({ ...request })
  return promise
}

const SOURCE = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

function startChild(): ChildProcess {
  const folder = fileURLToPath(new URL('./', import.meta.url))
  const ours = fileURLToPath(new URL('../../', import.meta.url))
  const tools = dirname(dirname(fileURLToPath(import.meta.resolve('@bytecodealliance/jco-transpile/wasm-tools'))))
  // The package descriptions say that the files are modules; built code lies one folder deeper.
  const readable = [folder, `${ours}package.json`, `${ours}../package.json`, tools]
  return fork(`${folder}inspect-child.${SOURCE}`, {
    env: {},
    execArgv: [
      '--permission',
      ...readable.map((path) => `--allow-fs-read=${path}`),
      `--max-old-space-size=${CHILD_HEAP_MB}`,
    ],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
}
