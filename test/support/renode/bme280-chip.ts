import { registersOnI2c } from '../../../proplet/lab/chips/model/registers.ts'
import { definePart } from '../../../proplet/lab/part.ts'

/**
 * What the registers of Renode's BME280 hold, as a chip of a virtual lab: an own trimming, of which the second word is
 * negative, and a result that is there at once, whatever mode it is told.
 */

const T1 = 0x8000
const T2 = -0x8000
const TRIMMING = 0x88
const TEMPERATURE = 0xfa
const ID = 0xd0

/** The data sheet's compensation turned round, for a third word that is zero. */
const countOf = (celsius: number): number => Math.round((((celsius * 25_600 - 128) / (5 * T2)) * 2_048 + T1 * 2) * 8)

export default definePart({
  name: 'renode-bme280',
  doc: 'The thermometer of a BME280 as Renode has it.',
  properties: { temperature: { doc: 'Temperature.', unit: '°C', initial: 20, min: -40, max: 85 } },
  create({ get }) {
    const written = new Map<number, number>()
    const held = (): ReadonlyMap<number, number> => {
      const count = countOf(Number(get('temperature')))
      return new Map([
        ...[T1, T2 & 0xffff, 0].flatMap((word, at): [number, number][] => [
          [TRIMMING + at * 2, word & 0xff],
          [TRIMMING + at * 2 + 1, word >> 8],
        ]),
        [ID, 0x60],
        [TEMPERATURE, (count >> 12) & 0xff],
        [TEMPERATURE + 1, (count >> 4) & 0xff],
        [TEMPERATURE + 2, (count & 0x0f) << 4],
      ])
    }
    return {
      i2c: registersOnI2c(
        {
          begin() {},
          read: (register) => held().get(register) ?? written.get(register) ?? 0,
          write: (register, value) => void written.set(register, value),
        },
        'pairs',
      ),
    }
  },
})
