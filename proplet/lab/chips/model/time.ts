/** Nanoseconds, as the lab's clock counts. */
export const us = (count: number): bigint => BigInt(Math.round(count * 1000))
export const ms = (count: number): bigint => us(count * 1000)
/** Nanoseconds of one period. */
export const hertz = (count: number): bigint => us(1_000_000 / count)
