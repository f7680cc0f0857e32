import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Clock, Stop } from '../../../shared/clock.ts'
import { isSamaraError, SamaraError } from '../../../shared/errors.ts'
import { cut } from '../../../shared/fields.ts'
import type { BoardKind, BoardState, LabBoard, PropertyValue } from '../../../shared/lab/index.ts'
import { type BoardPart, propertyOf, readValue, valueFor } from './board-parts.ts'
import type { BoardSpec } from './board-spec.ts'
import { missingFor } from './missing.ts'
import { startNativeSim } from './native-sim.ts'
import { startQemu } from './qemu.ts'
import { startRenode } from './renode.ts'
import type { Simulator, StartSimulator } from './simulator.ts'

/** The simulated boards of a lab: started, stopped, and their parts set and read while they run. */
export interface Boards {
  readonly parts: ReadonlyMap<string, BoardPart>
  list(): readonly LabBoard[]
  /** Resolves when it runs. Throws NOT_FOUND, UNSUPPORTED with what is missing, or why it did not come so far. */
  start(board: string): Promise<LabBoard>
  /** Resolves when it has ended. */
  stop(board: string): Promise<LabBoard>
  /** What those that start with the lab lack on this machine, a line each. */
  missing(): readonly string[]
  /** Starts all that start with the lab; what fails is told by their state. */
  startAll(): Promise<void>
  /** Throws FAILED_PRECONDITION where its board does not run. */
  get(part: string, property: string): Promise<PropertyValue>
  /** What the part says of it afterwards. */
  set(part: string, property: string, value: unknown): Promise<PropertyValue>
  close(): Promise<void>
}

export type BoardsWorld = {
  readonly clock: Clock
  readonly log: Logger
  /** Hears what somebody set, as the part has it. */
  readonly changed: (part: string, property: string, value: PropertyValue) => void
  /** Whether anybody hears of changes: what the image changes by itself is looked for only then. */
  readonly isWatched: () => boolean
  /** @default 120000 */
  readonly startMs?: number | undefined
  /** @default 10000 */
  readonly limitMs?: number | undefined
}

const LOOK_MS = 1_000
const START_MS = 120_000
const LIMIT_MS = 10_000

const simulators: Readonly<Record<BoardKind, StartSimulator>> = {
  native_sim: startNativeSim,
  qemu: startQemu,
  renode: startRenode,
}

export function createBoards(specs: readonly BoardSpec[], world: BoardsWorld): Boards {
  const boards = new Map(specs.map((spec) => [spec.name, new Board(spec, world)]))
  const parts = new Map(specs.flatMap((spec) => [...spec.parts]))

  function board(name: string): Board {
    const found = boards.get(name)
    if (found) return found
    const known = [...boards.keys()].join(', ') || 'none'
    throw new SamaraError('NOT_FOUND', `board ${name} does not exist; there are ${known}`, { expected: known })
  }
  function part(name: string): BoardPart {
    const found = parts.get(name)
    if (found) return found
    throw new SamaraError('NOT_FOUND', `part ${name} does not exist`)
  }

  return {
    parts,
    list: () => [...boards.values()].map((one) => one.view()),
    missing: () => specs.filter(({ startsWithLab }) => startsWithLab).flatMap((spec) => missingFor(spec) ?? []),
    start: (name) => board(name).start(),
    stop: (name) => board(name).stop(),
    async startAll() {
      const wanted = [...boards.values()].filter(({ spec }) => spec.startsWithLab)
      await Promise.all(wanted.map((one) => one.start().catch(() => undefined)))
    },
    get: async (name, property) => board(part(name).board).get(part(name), property),
    async set(name, property, value) {
      const now = await board(part(name).board).set(part(name), property, value)
      world.changed(name, property, now)
      return now
    },
    async close() {
      await Promise.all([...boards.values()].map((one) => one.stop()))
    },
  }
}

class Board {
  readonly spec: BoardSpec
  readonly #world: BoardsWorld
  #state: BoardState = 'stopped'
  #detail: string | undefined
  #running: Simulator | undefined
  #starting: { readonly done: Promise<LabBoard>; readonly cancel: AbortController } | undefined
  #folder: string | undefined

  constructor(spec: BoardSpec, world: BoardsWorld) {
    this.spec = spec
    this.#world = world
  }

  view(): LabBoard {
    const { name, kind, id } = this.spec
    const detail = this.#detail
    return { name, kind, state: this.#state, proplet: id, ...(detail !== undefined && { detail: cut(detail, 240) }) }
  }

  async start(): Promise<LabBoard> {
    if (this.#running) return this.view()
    if (!this.#starting) {
      const cancel = new AbortController()
      const done = this.#begin(cancel.signal).finally(() => {
        this.#starting = undefined
      })
      this.#starting = { done, cancel }
    }
    return this.#starting.done
  }

  async stop(): Promise<LabBoard> {
    this.#starting?.cancel.abort()
    await this.#starting?.done.catch(() => undefined)
    const running = this.#running
    this.#running = undefined
    await running?.stop()
    this.#rest('stopped')
    return this.view()
  }

  async get(part: BoardPart, property: string): Promise<PropertyValue> {
    propertyOf(part, property)
    return readValue(part, property, await this.#access(part).get(part, property))
  }

  async set(part: BoardPart, property: string, value: unknown): Promise<PropertyValue> {
    const wanted = valueFor(part, property, value)
    await this.#access(part).set(part, property, wanted)
    return this.get(part, property)
  }

  #access(part: BoardPart): Simulator {
    if (this.#running) return this.#running
    const why = this.#detail === undefined ? '' : ` (${this.#detail})`
    throw new SamaraError(
      'FAILED_PRECONDITION',
      `part ${part.name}: its board ${this.spec.name} is ${this.#state}${why}`,
    )
  }

  async #begin(signal: AbortSignal): Promise<LabBoard> {
    const { clock, log, startMs = START_MS, limitMs = LIMIT_MS } = this.#world
    const { name, kind } = this.spec
    this.#state = 'starting'
    this.#detail = undefined
    try {
      const missing = missingFor(this.spec)
      if (missing) throw new SamaraError('UNSUPPORTED', missing)
      this.#folder = mkdtempSync(join(tmpdir(), 'samara-board-'))
      const simulator = await simulators[kind](this.spec, { clock, folder: this.#folder, signal, startMs, limitMs })
      if (signal.aborted) {
        await simulator.stop()
        throw new SamaraError('CANCELLED', `board ${name}: was stopped while it started`)
      }
      this.#run(simulator)
      return this.view()
    } catch (error) {
      log.warn({ err: error, board: name }, 'a board did not start')
      this.#rest(signal.aborted ? 'stopped' : 'failed', (error as Error).message)
      throw named(name, error)
    }
  }

  #run(simulator: Simulator): void {
    this.#running = simulator
    this.#state = 'running'
    const stopLooking = this.#lookAtWhatItDrives(simulator)
    void simulator.ended.then(async (why) => {
      stopLooking()
      if (this.#running !== simulator) return
      this.#running = undefined
      this.#world.log.warn({ board: this.spec.name, why }, 'a board has ended')
      this.#rest('failed', why)
      // What is left of it, as the namespace around a Renode that is gone.
      await simulator.stop()
    })
  }

  /** Nobody is told when an image drives its lamp: what is read only is read again and again while somebody watches. */
  #lookAtWhatItDrives(simulator: Simulator): Stop {
    const driven = [...this.spec.parts.values()].flatMap((part) =>
      Object.entries(part.properties).flatMap(([property, { readOnly }]) => (readOnly ? [{ part, property }] : [])),
    )
    const known = new Map<string, PropertyValue>()
    let isLooking = false
    const look = async () => {
      if (isLooking || this.#running !== simulator || !this.#world.isWatched()) return
      isLooking = true
      for (const { part, property } of driven) {
        const value = await this.get(part, property).catch(() => undefined)
        const key = `${part.name} ${property}`
        if (value === undefined || known.get(key) === value) continue
        if (known.has(key)) this.#world.changed(part.name, property, value)
        known.set(key, value)
      }
      isLooking = false
    }
    const stop = this.#world.clock.every(LOOK_MS, () => void look())
    void look()
    return stop
  }

  #rest(state: BoardState, detail?: string): void {
    this.#state = state
    this.#detail = detail
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
    this.#folder = undefined
  }
}

function named(board: string, error: unknown): unknown {
  if (!isSamaraError(error) || error.message.startsWith(`board ${board}`)) return error
  return new SamaraError(error.code, `board ${board}: ${error.message}`, { ...error.context, cause: error })
}
