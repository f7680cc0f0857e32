import type { I2cModel } from '../../part.ts'

/** A thermometer's registers: a few, of one or two bytes each, behind a pointer. */
export interface WordRegisters {
  /** A transaction begins. */
  begin(): void
  /** Bytes of a register, the most significant first. */
  read(register: number): readonly number[]
  /** As many bytes as came before the stop or repeated start. */
  write(register: number, bytes: readonly number[]): void
  /** Bytes that a register takes. */
  sizeOf(register: number): number
}

/** The pointer outlives a transaction, so that a bare read gives the register of the last one. */
export function wordsOnI2c(chip: WordRegisters): I2cModel {
  let pointer = 0
  let choosing = false
  let written: number[] = []
  let position = 0
  return {
    start(direction) {
      choosing = direction === 'write'
      written = []
      position = 0
      chip.begin()
      return true
    },
    write(byte) {
      if (choosing) {
        pointer = byte & 3
        choosing = false
        return true
      }
      written.push(byte)
      if (written.length === chip.sizeOf(pointer)) chip.write(pointer, written)
      return true
    },
    read() {
      const bytes = chip.read(pointer)
      return bytes[position++ % bytes.length] ?? 0xff
    },
    stop() {},
  }
}

/** A signed value of the upper `bits` of two bytes. */
export const wordOf = (celsius: number, bits: number): readonly number[] => {
  const lsb = 2 ** (16 - bits)
  const word = (Math.round((celsius * 256) / lsb) * lsb) & 0xffff
  return [word >> 8, word & 0xff]
}

export const celsiusOf = (bytes: readonly number[]): number =>
  new Int16Array([((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)]).reduce((_, word) => word / 256, 0)
