import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createJcoRuntime, type JcoRuntimeOptions } from '../../../proplet/runtime/jco.ts'
import type { ImageSource, Limits, RunRequest, RunResult, Runtime } from '../../../proplet/runtime/runtime.ts'
import type { Item } from '../../../shared/cbor.ts'
import { realClock } from '../../../shared/clock.ts'
import type { Call } from '../../../shared/documents/call.ts'
import type { Manifest } from '../../../shared/documents/manifest.ts'
import type { Format } from '../../../shared/fields.ts'
import { digestOf } from '../../../shared/ids.ts'

export const limits: Limits = {
  memoryPages: 256,
  timeoutMs: 5000,
  outputBytes: 64 * 1024,
  jsHeapMb: 64,
  tableElements: 10_000,
}

/** A function as a test calls it. */
export type Subject = { readonly source: ImageSource; readonly manifest: Manifest }

type Exports = Readonly<Record<string, string>>

export function subject(
  bytes: Uint8Array,
  format: Format,
  exports: Exports,
  memory = { minPages: 0, grows: true },
): Subject {
  const digest = digestOf(bytes)
  const manifest: Manifest = {
    kind: format === 'component' ? 'component' : format === 'wasi-command' ? 'command' : 'core',
    artefact: digest,
    sizeBytes: bytes.length,
    exports: Object.entries(exports).map(([name, signature]) => ({ name, signature })),
    imports: [],
    memory,
    images: [{ recipe: 'artefact', format, digest, sizeBytes: bytes.length }],
  }
  return { source: { digest, format, bytes: () => bytes }, manifest }
}

const examples = new URL('../../../examples/', import.meta.url)
export const example = (path: string): Uint8Array => readFileSync(new URL(path, examples))

export const core = (path: string, exports: Exports = { run: 'func()->s32' }): Subject =>
  subject(example(path), 'core-module', exports)
export const command = (path: string): Subject => subject(example(path), 'wasi-command', { _start: 'func()' })
export const component = (path: string, exports: Exports = { run: 'func()->u32' }): Subject =>
  subject(example(path), 'component', exports)

/** WebAssembly text to a binary; components too. */
export async function wat(text: string): Promise<Uint8Array> {
  const { $init, tools } = await import(
    new URL('./wasm-tools.js', import.meta.resolve('@bytecodealliance/jco-transpile/component')).href
  )
  await $init
  return tools.parse(text)
}

export type Rig = {
  readonly runtime: Runtime
  readonly cacheDir: string
  call(subject: Subject, options?: CallOptions): Promise<RunResult>
  /** Fails unless an ordinary function still works. */
  alive(): Promise<void>
  close(): Promise<void>
}

export type CallOptions = Partial<Omit<RunRequest, 'image' | 'manifest' | 'limits' | 'call'>> & {
  readonly limits?: Partial<Limits>
  readonly call?: Partial<Call>
  readonly export?: string
  readonly args?: readonly Item[]
}

/** A runtime of its own, with a cache folder of its own unless one is given. */
export function rig(options: Partial<JcoRuntimeOptions> = {}): Rig {
  const cacheDir = options.cacheDir ?? mkdtempSync(join(tmpdir(), 'samara-runtime-'))
  const runtime = createJcoRuntime({ clock: realClock, cacheDir, ...options })
  const call = async ({ source, manifest }: Subject, given: CallOptions = {}): Promise<RunResult> => {
    const { limits: some, call: rest, export: name, args = [], ...request } = given
    const image = await runtime.prepare(source, manifest)
    const first = manifest.exports[0]?.name ?? 'run'
    return await runtime.run({
      image,
      manifest,
      call: { export: name ?? first, args: [...args], ...rest },
      limits: { ...limits, ...some },
      ...request,
    })
  }
  const alive = async () => {
    const add = core('add/add.wasm', { add: 'func(a:s32,b:s32)->s32' })
    const result = await call(add, { args: [40, 2] })
    if (result.value !== 42) throw new Error(`add(40, 2) gave ${JSON.stringify(result)}`)
  }
  return {
    runtime,
    cacheDir,
    call,
    alive,
    async close() {
      await runtime.close()
      rmSync(cacheDir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
