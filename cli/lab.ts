import type { Command } from 'commander'
import * as v from 'valibot'
import { isSamaraError, SamaraError } from '../shared/errors.ts'
import { type Client, createClient } from './client.ts'
import type { Io } from './io.ts'
import { httpUrl } from './values.ts'

/** What a lab answers over HTTP, as far as it is shown. */

const maybe = <T extends v.GenericSchema<unknown, unknown>>(shape: T) => v.optional(shape)
const value = v.union([v.number(), v.boolean(), v.string()])

export const PropertyAnswer = v.looseObject({ value })
export const FaultAnswer = v.looseObject({ fault: v.number() })
export const TimeAnswer = v.looseObject({ nowUs: v.number() })
export const PartAnswer = v.looseObject({
  name: v.string(),
  chip: v.string(),
  places: v.array(v.string()),
  properties: v.array(
    v.looseObject({
      name: v.string(),
      value,
      unit: maybe(v.string()),
      readOnly: maybe(v.boolean()),
      doc: v.string(),
    }),
  ),
})
const board = v.looseObject({
  name: v.string(),
  kind: v.string(),
  state: v.string(),
  proplet: v.string(),
  detail: maybe(v.string()),
})
export const BoardAnswer = v.looseObject({ board })
export const LabAnswer = v.looseObject({
  name: v.string(),
  virtualTime: v.boolean(),
  nowUs: v.number(),
  buses: v.array(v.looseObject({ name: v.string(), kind: v.string() })),
  parts: v.array(PartAnswer),
  faults: v.array(v.looseObject({ id: v.number(), on: v.string(), kind: v.string(), left: maybe(v.number()) })),
  boards: maybe(v.array(board)),
})
export type LabAnswer = v.InferOutput<typeof LabAnswer>
export const TraceAnswer = v.looseObject({
  trace: v.array(v.looseObject({ seq: v.number(), atUs: v.number(), bus: v.string(), wire: v.string() })),
})
export const ChangeData = v.looseObject({ part: v.string(), property: v.string(), value, atUs: v.number() })

export const DEFAULT_LAB = 'http://127.0.0.1:7071'

/** A lab's HTTP address, by `--lab` or SAMARA_LAB_URL. */
export function labClient(io: Io, command: Command): Client {
  const { lab = io.env.SAMARA_LAB_URL ?? DEFAULT_LAB } = command.optsWithGlobals() as { lab?: string }
  return createClient({ url: httpUrl(lab) }, io.clock)
}

/** The client speaks of managers; whoever wants a lab is told how to get one. */
export function labError(error: unknown, url: string): unknown {
  const isAway = isSamaraError(error) && error.code === 'UNAVAILABLE' && error.cause !== undefined
  if (!isAway) return error
  const hint = 'start one with `samara lab start FILE`, or name another by --lab or SAMARA_LAB_URL'
  return new SamaraError('UNAVAILABLE', `lab ${url}: cannot be reached: ${hint}`, { cause: error })
}

export const seconds = (us: number): string => `${(us / 1_000_000).toFixed(6)}s`
