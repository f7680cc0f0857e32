import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Driver, OpenDevice } from '../../proplet/hal/driver.ts'
import type { DeviceSpec, GpioSpec } from '../../proplet/hal/profile.ts'
import type { Answer, BusError, Operation, Segment } from '../../shared/bus.ts'
import { type ErrorCode, SamaraError } from '../../shared/errors.ts'

/** The C agent's drivers as those of other proplets: firmware/tests/posix/drive.c does what its lines say. */
export class Drive {
  readonly #child: ChildProcess
  readonly #asked = new Map<string, (words: readonly string[]) => void>()
  readonly #ended: Promise<void>
  #ids = 0

  constructor([program = '', ...args]: readonly string[], lab?: string) {
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#ended = promise
    this.#child.on('exit', () => {
      for (const answer of this.#asked.values()) answer(['gone'])
      resolve()
    })
    if (this.#child.stdout) createInterface({ input: this.#child.stdout }).on('line', (line) => this.#heard(line))
    if (lab !== undefined) this.tell(`lab ${lab}`)
  }

  /** For `harness.driver`: closing it closes what it opened, the program goes on. */
  readonly driver = (): Driver => {
    const open = new Set<OpenDevice>()
    return {
      open: async (spec) => {
        const device = await this.#open(spec)
        open.add(device)
        return { run: device.run, close: () => (open.delete(device) ? device.close() : undefined) }
      },
      close: async () => {
        for (const device of open) await device.close()
      },
    }
  }

  /** As a crash does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  async close(): Promise<void> {
    this.#child.stdin?.end()
    await this.#ended
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  nextId(): string {
    return `${++this.#ids}`
  }

  /** The answer's words; those after the id of an open, a run or a close. */
  ask(line: string, id: string): Promise<readonly string[]> {
    const { promise, resolve } = Promise.withResolvers<readonly string[]>()
    this.#asked.set(id, resolve)
    this.tell(line)
    return promise
  }

  #heard(line: string): void {
    const [what = '', id = '', ...words] = line.split(' ')
    this.#asked.get(id)?.([what, ...words])
    this.#asked.delete(id)
  }

  async #open(spec: DeviceSpec): Promise<OpenDevice> {
    const id = this.nextId()
    const [what, code, ...why] = await this.ask(`open ${id} ${wordsOf(spec).join(' ')}`, id)
    if (what !== 'opened') throw new SamaraError((code ?? 'INTERNAL') as ErrorCode, why.join(' '))
    return {
      run: (operation, signal) => this.#run(id, operation, signal),
      close: async () => {
        await this.ask(`close ${id}`, id)
      },
    }
  }

  async #run(device: string, operation: Operation, signal: AbortSignal): Promise<Answer> {
    if (signal.aborted) return { error: 'cancelled' }
    const id = this.nextId()
    const cancel = () => this.tell(`cancel ${device}`)
    signal.addEventListener('abort', cancel, { once: true })
    const answer = answerOf(operation, await this.ask(`run ${id} ${device} ${runOf(operation)}`, id))
    signal.removeEventListener('abort', cancel)
    return answer
  }
}

/** No address at all is one that no bus has. */
const NO_TARGET = 0xffff_ffff

function runOf({ op, target = NO_TARGET, level, timeoutMs, segments = [] }: Operation): string {
  const words = [op, `target=${target}`, ...segments.map(segmentOf)]
  if (level !== undefined) words.push(`level=${Number(level)}`)
  if (timeoutMs !== undefined) words.push(`timeoutMs=${timeoutMs}`)
  return words.join(' ')
}

function segmentOf(segment: Segment): string {
  if (segment.kind === 'read') return `r${segment.length}`
  if (segment.kind === 'delay') return `d${segment.length}`
  return `${segment.kind === 'write' ? 'w' : 'x'}${Buffer.from(segment.bytes).toString('hex')}`
}

function answerOf({ segments = [] }: Operation, words: readonly string[]): Answer {
  const [, error, level, data = '', ...detail] = words
  if (error !== '-') return { error: (error ?? 'io') as BusError, detail: detail.join(' ') }
  const reads = segments.filter(({ kind }) => kind === 'read' || kind === 'transfer').length
  if (reads > 0) return { data: data.split(',').map((hex) => Buffer.from(hex, 'hex')) }
  return level === '-' ? {} : { level: level === '1' }
}

function wordsOf(spec: DeviceSpec): string[] {
  const { kind, controller, name, maxBytes, timeoutMs } = spec
  const [where, bus] = controller.driver === 'linux' ? ['linux', controller.path] : ['lab', controller.bus]
  const own = Object.entries(ownOf(spec)).map(([key, value]) => `${key}=${typeof value === 'boolean' ? +value : value}`)
  return [kind, where, bus, `name=${name}`, `maxBytes=${maxBytes}`, `timeoutMs=${timeoutMs}`, ...own]
}

function ownOf(spec: DeviceSpec): Record<string, unknown> {
  if (spec.kind === 'i2c') return { addresses: spec.addresses.join(','), tenBit: spec.tenBit }
  if (spec.kind === 'gpio') return gpioOf(spec)
  if (spec.kind === 'usb') return {}
  const { mode, bitsPerWord, hz, lsbFirst, csHigh } = spec
  return { mode, bitsPerWord, hz, lsbFirst, csHigh }
}

function gpioOf({ line, direction, activeLow, pull, debounceUs, safe }: GpioSpec): Record<string, unknown> {
  const named = typeof line === 'number' ? { line } : { lineName: line }
  return { ...named, direction, activeLow, debounceUs, safe, ...(pull !== undefined && { pull }) }
}
