import type { Clock } from '../../shared/clock.ts'
import type { Manifest } from '../../shared/documents/manifest.ts'
import { SamaraError, toSamaraError } from '../../shared/errors.ts'
import { MAX_BODY_BYTES } from '../../shared/fields.ts'
import { digestOf } from '../../shared/ids.ts'
import { argsFromCbor, coreArgsFromCbor, toJs } from '../../shared/values.ts'
import { refuseUnoffered } from '../../shared/wit/admission.ts'
import { type Plan, planOf } from './call-plan.ts'
import { DiskCache, type Files } from './disk-cache.ts'
import { type Caps, compileImage, type Image, ModuleCache, readCodeCache, writeCodeCache } from './module-cache.ts'
import { refused, type Stopped, stoppedVerdict, type Verdict, verdictOf } from './outcome.ts'
import { type Lease, Pool } from './pool.ts'
import { makeFiles, recipeKey } from './prepare.ts'
import type { ImageSource, Prepared, RunRequest, RunResult, Runtime, RuntimeStats } from './runtime.ts'
import type { SlotJob } from './worker-slot.ts'
import { workerSource } from './worker-source.ts'

export type JcoRuntimeOptions = {
  readonly clock: Clock
  /** Folder for prepared modules. */
  readonly cacheDir: string
  /** Bytes of that folder. @default 256 MiB */
  readonly cacheBytes?: number
  /** Bytes of modules and glue that stay compiled. @default 32 MiB */
  readonly moduleBytes?: number
  /** Calls that run at once. @default 2 */
  readonly size?: number
  /** Workers kept ready when nothing runs. @default 1 */
  readonly warm?: number
  /** Calls that may wait for a worker; more are refused. @default 256 */
  readonly queue?: number
  /** Instances that may be kept. @default 8 */
  readonly kept?: number
  /** JavaScript heap of a worker that is started ahead of a call. @default 64 */
  readonly jsHeapMb?: number
  /** Idle time after which workers beyond `warm` end. @default 30000 */
  readonly shrinkMs?: number
  /** Deadline for preparing a component. @default 60000 */
  readonly prepareMs?: number
}

const MIB = 1024 * 1024
/** A command's argv[0], which a function has no file for. */
const PROGRAM = 'function'

/** The runtime that runs modules in V8: core modules as they are, components through jco. */
export const createJcoRuntime = (options: JcoRuntimeOptions): Runtime => new JcoRuntime(options)

class JcoRuntime implements Runtime {
  readonly formats = ['core-module', 'wasi-command', 'component'] as const
  readonly #clock: Clock
  readonly #prepareMs: number
  readonly #disk: DiskCache
  readonly #modules: ModuleCache
  readonly #pool: Pool
  readonly #recipe = recipeKey()
  readonly #writing = new Set<Promise<void>>()
  readonly #preparing = new Map<string, Promise<Files>>()
  /** A module keeps its number when it is compiled again: workers may still hold it. */
  readonly #imageIds = new Map<string, number>()

  constructor(options: JcoRuntimeOptions) {
    const { clock, cacheDir, size = 2, warm = 1, queue = 256, kept = 8, jsHeapMb = 64, shrinkMs = 30_000 } = options
    this.#clock = clock
    this.#prepareMs = options.prepareMs ?? 60_000
    this.#disk = new DiskCache({ root: cacheDir, maxBytes: options.cacheBytes ?? 256 * MIB })
    this.#modules = new ModuleCache(options.moduleBytes ?? 32 * MIB)
    const source = workerSource(new URL(`./worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url))
    this.#pool = new Pool({ clock, source, size, warm: Math.min(warm, size), queue, kept, jsHeapMb, shrinkMs })
  }

  async prepare(source: ImageSource, manifest: Manifest): Promise<Prepared> {
    const { digest, format } = source
    if (!(this.formats as readonly string[]).includes(format))
      throw new SamaraError('UNSUPPORTED', `format ${format} does not run here; ${this.formats.join(', ')} do`)
    if (format === 'component') refuseUnoffered(manifest.imports)
    await this.#files(source)
    return { digest, format, dir: this.#disk.dirOf(this.#entry(source)), source }
  }

  async run(request: RunRequest): Promise<RunResult> {
    const startedAt = this.#clock.monotonic()
    const sinceStart = () => Math.round((this.#clock.monotonic() - startedAt) * 1000)
    try {
      const call = this.#check(request)
      const image = await this.#image(request.image, call.caps, call.key)
      const lease = await this.#pool.acquire({
        image: image.load.id,
        jsHeapMb: request.limits.jsHeapMb,
        keep: request.keep,
        signal: request.signal,
      })
      try {
        await lease.slot.ready
        const prepareUs = sinceStart()
        return { ...(await this.#supervise(request, call, image, lease)), prepareUs }
      } catch (error) {
        await lease.end()
        throw error
      }
    } catch (error) {
      return { ...notStarted(toSamaraError(error)), prepareUs: sinceStart(), runUs: 0 }
    }
  }

  release(keepKey: string): void {
    this.#pool.release(keepKey)
  }

  async close(): Promise<void> {
    await this.#pool.close()
    await Promise.all(this.#writing)
  }

  stats(): RuntimeStats {
    return { ...this.#pool.stats(), modules: this.#modules.size }
  }

  #entry(source: ImageSource): string {
    return `${source.digest}-${this.#recipe(source.format)}`
  }

  /** What was made of a module: from the disk, or made now if it is not there or damaged. */
  #files(source: ImageSource): Promise<Files> {
    const entry = this.#entry(source)
    const coming =
      this.#preparing.get(entry) ?? this.#readOrMake(source, entry).finally(() => this.#preparing.delete(entry))
    this.#preparing.set(entry, coming)
    return coming
  }

  async #readOrMake(source: ImageSource, entry: string): Promise<Files> {
    const known = await this.#disk.read(entry, new Date(this.#clock.now()))
    if (known) return known
    const bytes = await source.bytes()
    const digest = digestOf(bytes)
    if (digest !== source.digest)
      throw new SamaraError('DATA_LOSS', `module: digest is ${digest}, ${source.digest} expected`)
    const files = await makeFiles(bytes, source.format, { clock: this.#clock, timeoutMs: this.#prepareMs })
    await this.#disk.write(entry, files)
    return files
  }

  #image(prepared: Prepared, caps: Caps, key: string): Promise<Image> {
    return this.#modules.get(key, async () => {
      const files = await this.#files(prepared.source)
      return await compileImage(this.#imageId(key), files, caps, await readCodeCache(prepared.dir))
    })
  }

  #imageId(key: string): number {
    const id = this.#imageIds.get(key) ?? this.#imageIds.size + 1
    this.#imageIds.set(key, id)
    return id
  }

  /** All that can be refused before anything is compiled. */
  #check(request: RunRequest): Checked {
    const { image, manifest, call, limits } = request
    const plan = planOf(manifest, image.format, call.export)
    const items = (image.format === 'component' ? argsFromCbor : coreArgsFromCbor)(plan.signature, call.args)
    const args = plan.signature.params.map(({ type }, index) => toJs(type, items[index]))
    const caps = {
      memoryPages: Math.min(limits.memoryPages, call.memoryPages ?? limits.memoryPages),
      tableElements: limits.tableElements,
    }
    const { minPages } = manifest.memory
    if (minPages > caps.memoryPages)
      throw new SamaraError(
        'RESOURCE_EXHAUSTED',
        `memory starts with ${minPages} pages, at most ${caps.memoryPages} allowed`,
      )
    return { plan, args, caps, key: `${image.digest}/${image.format}/${caps.memoryPages}/${caps.tableElements}` }
  }

  async #supervise(
    request: RunRequest,
    call: Checked,
    image: Image,
    lease: Lease,
  ): Promise<Omit<RunResult, 'prepareUs'>> {
    const { limits, signal, onLog } = request
    const { slot } = lease
    const startedAt = this.#clock.monotonic()
    let stopped: Stopped | undefined
    const stop = (why: Stopped) => {
      stopped ??= why
      void slot.terminate()
    }
    const cancel = () => stop('cancelled')
    const stopTimer = this.#clock.after(limits.timeoutMs, () => stop('timed-out'))
    signal?.addEventListener('abort', cancel, { once: true })
    if (signal?.aborted) cancel()
    const end = await slot.run(jobOf(request, call, image), () => onLog && slot.output.follow(onLog, false))
    stopTimer()
    signal?.removeEventListener('abort', cancel)
    if (onLog) slot.output.follow(onLog, true)
    const facts = {
      startPages: request.manifest.memory.minPages,
      capPages: image.capPages,
      grows: request.manifest.memory.grows,
    }
    const verdict =
      stopped && end.kind === 'died' ? stoppedVerdict(stopped, limits.timeoutMs) : verdictOf(end, call.plan, facts)
    const stdout = slot.output.bytes('stdout')
    const stderr = slot.output.bytes('stderr')
    if (end.kind === 'done' && end.cache) this.#keepCodeCache(request.image, call.key, end.cache)
    await handBack(lease, verdict, { kept: request.keep !== undefined, stopped: stopped !== undefined })
    return {
      ...verdict,
      ...(stdout && { stdout }),
      ...(stderr && { stderr }),
      runUs: end.kind === 'done' ? end.runUs : Math.round((this.#clock.monotonic() - startedAt) * 1000),
      ...(end.kind === 'done' && end.pages !== undefined && { memoryPages: end.pages }),
      ...(end.kind === 'done' && end.refusals && { refusals: end.refusals }),
    }
  }

  #keepCodeCache(prepared: Prepared, key: string, cache: Uint8Array): void {
    this.#modules.addCodeCache(key, cache)
    const writing = writeCodeCache(prepared.dir, cache).finally(() => this.#writing.delete(writing))
    this.#writing.add(writing)
  }
}

type Checked = { readonly plan: Plan; readonly args: readonly unknown[]; readonly caps: Caps; readonly key: string }

function notStarted(error: SamaraError): Verdict {
  if (error.code !== 'CANCELLED') return refused(error)
  return { outcome: 'cancelled', error: { code: error.code, message: error.message } }
}

/** A fresh instance leaves nothing behind in its worker; a kept one that failed must not be called again. */
async function handBack(lease: Lease, verdict: Verdict, is: { kept: boolean; stopped: boolean }): Promise<void> {
  const spoilt = is.stopped || lease.slot.gone || (is.kept && verdict.outcome !== 'completed')
  if (spoilt) await lease.end()
  else lease.reuse()
}

function jobOf(request: RunRequest, { plan, args }: Checked, image: Image): SlotJob {
  const { call, limits, keep, bus, onLog } = request
  return {
    image: image.load,
    keep: keep !== undefined,
    target: plan.target,
    args,
    bus,
    argv: [PROGRAM, ...(call.argv ?? [])],
    env: Object.entries(call.env ?? {}),
    stdin: call.stdin,
    outputBytes: Math.min(limits.outputBytes, call.outputBytes ?? limits.outputBytes, MAX_BODY_BYTES),
    resultBytes: MAX_BODY_BYTES,
    // A quarter of the heap: what is lifted, its copy for the agent, and room for arrays to grow.
    valueBytes: Math.min(MAX_BODY_BYTES, (limits.jsHeapMb * MIB) / 4),
    follow: onLog !== undefined,
    wantCache: image.load.glue !== undefined && image.load.glue.cached === undefined,
  }
}
