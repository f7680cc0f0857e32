import type { Clock } from '../../../shared/clock.ts'
import type { PropertyValue } from '../part.ts'
import type { BoardPart } from './board-parts.ts'
import type { BoardSpec } from './board-spec.ts'

/** What simulates a board. Its three kinds start otherwise and reach parts by other ways, and are the same from here on. */

/** How parts are reached: through a monitor, or through the shell of the image. */
export interface PartAccess {
  /** As the other side writes it. */
  get(part: BoardPart, property: string): Promise<string>
  set(part: BoardPart, property: string, value: PropertyValue): Promise<void>
}

/** A board that runs. */
export interface Simulator extends PartAccess {
  /** Resolves when it has ended, with the reason in words. */
  readonly ended: Promise<string>
  /** Ends it and all that it started; resolves when that is done. */
  stop(): Promise<void>
}

export type SimulatorWorld = {
  readonly clock: Clock
  /** A folder of its own, for sockets and flash; gone when the board stops. */
  readonly folder: string
  /** Aborted by whoever no longer wants it to start. */
  readonly signal: AbortSignal
  /** From being started to being there. */
  readonly startMs: number
  /** For one question. */
  readonly limitMs: number
}

/** Resolves when people can reach the board's parts. Throws, with nothing left behind, where it does not come so far. */
export type StartSimulator = (spec: BoardSpec, world: SimulatorWorld) => Promise<Simulator>
