import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../shared/clock.ts'
import { SamaraError } from '../../shared/errors.ts'
import { type Format, MAX_MODULE_BYTES } from '../../shared/fields.ts'
import { digestOf } from '../../shared/ids.ts'
import { layerOf } from '../../shared/wasm/sections.ts'
import type { Files } from './disk-cache.ts'
import { checkCore } from './module-check.ts'
import type { PrepareAnswer } from './prepare-child.ts'
import { CORE_FILE } from './prepare-names.ts'

/** Changes when what is made of a module changes, so that an older cache is not used. */
const RECIPE = 2

const CHILD_HEAP_MB = 512
/** All that one component may be made into. */
const MAX_MADE_BYTES = 4 * MAX_MODULE_BYTES
const SOURCE = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

const jcoUrl = (): string => import.meta.resolve('@bytecodealliance/jco-transpile/component')
const jcoRoot = (): string => dirname(dirname(fileURLToPath(jcoUrl())))

/**
 * Part of an entry's name: what was made depends on the transpiler, on Node and on
 * this file; limits are set when it is loaded.
 */
export function recipeKey(): (format: Format) => string {
  const { version } = JSON.parse(readFileSync(`${jcoRoot()}/package.json`, 'utf8')) as { version: string }
  const major = process.versions.node.split('.')[0]
  return (format) => digestOf(Buffer.from(`${RECIPE}/${version}/${major}/${format}`)).slice(0, 16)
}

/** Makes of a module's bytes what the cache keeps. Core modules need no other process: they are only read. */
export async function makeFiles(bytes: Uint8Array, format: Format, options: PrepareOptions): Promise<Files> {
  if (bytes.length > MAX_MODULE_BYTES)
    throw new SamaraError('TOO_LARGE', `module: ${bytes.length} bytes, at most ${MAX_MODULE_BYTES} accepted`)
  const layer = layerOf(bytes)
  const expected = format === 'component' ? 'component' : 'core'
  if (layer !== expected)
    throw new SamaraError('INVALID_ARGUMENT', `module: is a ${layer}, but its format is ${format}`)
  if (layer === 'component') return await transpile(bytes, options)
  checkCore(bytes)
  return new Map([[CORE_FILE, bytes]])
}

export type PrepareOptions = {
  readonly clock: Clock
  /** Until the child is killed. */
  readonly timeoutMs: number
}

async function transpile(bytes: Uint8Array, options: PrepareOptions): Promise<Files> {
  const child = startChild()
  const timer = Promise.withResolvers<never>()
  const stop = options.clock.after(options.timeoutMs, () =>
    timer.reject(new SamaraError('DEADLINE_EXCEEDED', `component: not prepared within ${options.timeoutMs} ms`)),
  )
  try {
    const answer = await Promise.race([ask(child, bytes), timer.promise])
    if ('error' in answer) throw new SamaraError(answer.error.code, answer.error.message)
    return filesOf(answer.files)
  } finally {
    stop()
    child.kill('SIGKILL')
  }
}

function filesOf(made: readonly (readonly [string, Uint8Array])[]): Files {
  const total = made.reduce((sum, [, content]) => sum + content.length, 0)
  if (total > MAX_MADE_BYTES)
    throw new SamaraError('TOO_LARGE', `component: becomes ${total} bytes, at most ${MAX_MADE_BYTES} accepted`)
  return new Map(made)
}

function ask(child: ChildProcess, bytes: Uint8Array): Promise<PrepareAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<PrepareAnswer>()
  child.once('message', (answer) => resolve(answer as unknown as PrepareAnswer))
  child.once('error', (cause) =>
    reject(new SamaraError('INTERNAL', 'the process that prepares modules did not start', { cause })),
  )
  child.once('exit', (code, signal) =>
    reject(
      new SamaraError('INVALID_ARGUMENT', `component: preparing it ended the process (${signal ?? `exit ${code}`})`),
    ),
  )
  child.send(bytes)
  return promise
}

function startChild(): ChildProcess {
  const ours = fileURLToPath(new URL('../../', import.meta.url))
  const readable = [
    `${ours}proplet/runtime`,
    `${ours}shared`,
    `${ours}package.json`,
    `${ours}../package.json`,
    jcoRoot(),
  ]
  return fork(fileURLToPath(new URL(`./prepare-child.${SOURCE}`, import.meta.url)), [jcoUrl()], {
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
