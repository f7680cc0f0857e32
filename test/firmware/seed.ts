import { type Random, seeded } from './differential/random.ts'

/** Chance for tests that kill and cut: SAMARA_SEED plays a run again, SAMARA_ROUNDS says how often each is played. */
const first = Number(process.env.SAMARA_SEED ?? Math.floor(Math.random() * 1_000_000))
const rounds = Number(process.env.SAMARA_ROUNDS ?? 1)

/** A seed for each round. */
export const seeds: readonly number[] = Array.from({ length: rounds }, (_, at) => first + at)

export const chance = (seed: number): Random => seeded(seed)
