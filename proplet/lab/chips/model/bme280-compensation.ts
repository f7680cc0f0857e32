/**
 * From what is outside to what the converter counts: the data sheet's compensation turned round. Driver authors have it
 * the other way, so a right driver reads back what the lab set.
 */

/** Trimming of T and P is the worked example of the BMP280 data sheet, chapter 3.12: 519888 and 415148 are 25.08 °C and 100653 Pa. */
const trim = {
  t: [27504, 26435, -1000],
  p: [36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000],
  h1: 75,
  h2: 367,
  h3: 0,
  h4: 311,
  h5: 50,
  h6: 30,
} as const

const words = (values: readonly number[]) => values.flatMap((value) => [value & 0xff, (value >> 8) & 0xff])

/** Trimming as registers hold it: what begins at 0x88, and what begins at 0xe1. */
export const trimmingAt88 = [...words([...trim.t, ...trim.p]), 0, trim.h1]
export const trimmingAtE1 = [
  ...words([trim.h2]),
  trim.h3,
  trim.h4 >> 4,
  (trim.h4 & 0xf) | ((trim.h5 & 0xf) << 4),
  trim.h5 >> 4,
  trim.h6,
]

const fine = (count: number): number => {
  const [t1, t2, t3] = trim.t
  return (count / 16384 - t1 / 1024) * t2 + (count / 131072 - t1 / 8192) ** 2 * t3
}

const celsius = (count: number): number => fine(count) / 5120

function pascal(count: number, tFine: number): number {
  const [p1, p2, p3, p4, p5, p6, p7, p8, p9] = trim.p
  const warm = tFine / 2 - 64000
  const offset = ((warm * warm * p6) / 32768 + warm * p5 * 2) / 4 + p4 * 65536
  const slope = (1 + ((p3 * warm * warm) / 524288 + p2 * warm) / 524288 / 32768) * p1
  const linear = ((1048576 - count - offset / 4096) * 6250) / slope
  return linear + ((p9 * linear * linear) / 2147483648 + (linear * p8) / 32768 + p7) / 16
}

function percent(count: number, tFine: number): number {
  const warm = tFine - 76800
  const dry = count - (trim.h4 * 64 + (trim.h5 / 16384) * warm)
  const wet = dry * ((trim.h2 / 65536) * (1 + (trim.h6 / 67108864) * warm * (1 + (trim.h3 / 67108864) * warm)))
  return wet * (1 - (trim.h1 * wet) / 524288)
}

/** The count below `limit` whose value is nearest to `wanted`; `value` grows with the count. */
function nearest(value: (count: number) => number, wanted: number, limit: number): number {
  let low = 0
  let high = limit - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (value(middle) < wanted) low = middle + 1
    else high = middle
  }
  return low > 0 && wanted - value(low - 1) < value(low) - wanted ? low - 1 : low
}

export type Weather = { readonly temperature: number; readonly pressure: number; readonly humidity: number }
export type Counts = { readonly temperature: number; readonly pressure: number; readonly humidity: number }

/** Counts of 20, 20 and 16 bits, of which the converter resolves so many. */
export function countsOf(weather: Weather, bits: { readonly temperature: number; readonly pressure: number }): Counts {
  const tStep = 2 ** (20 - bits.temperature)
  const pStep = 2 ** (20 - bits.pressure)
  const temperature = tStep * nearest((n) => celsius(n * tStep), weather.temperature, 2 ** bits.temperature)
  const tFine = fine(temperature)
  return {
    temperature,
    pressure: pStep * nearest((n) => -pascal(n * pStep, tFine), -weather.pressure, 2 ** bits.pressure),
    humidity: nearest((n) => percent(n, tFine), weather.humidity, 2 ** 16),
  }
}
