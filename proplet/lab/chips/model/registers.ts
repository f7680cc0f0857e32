import type { I2cModel, SpiModel } from '../../part.ts'

/** A chip of numbered registers, whatever bus it is on. */
export interface Registers {
  /** A burst begins: what is read until the next one belongs together. */
  begin(): void
  read(register: number): number
  write(register: number, value: number): void
  /** The register after this one in a burst. @default the next one; 0 follows 255 */
  next?(register: number): number
}

/**
 * What the bytes of a write after the first are.
 *
 * - `burst`: values of consecutive registers
 * - `pairs`: value, register, value, as Bosch's sensors have it
 */
export type WriteShape = 'burst' | 'pairs'

const following = (chip: Registers, register: number) => chip.next?.(register) ?? (register + 1) & 0xff

/** Registers behind an i2c address: the first byte of a write chooses one, and the choice outlives the transaction. */
export function registersOnI2c(chip: Registers, shape: WriteShape = 'burst'): I2cModel {
  let register = 0
  let choosing = false
  return {
    start(direction) {
      choosing = direction === 'write'
      chip.begin()
      return true
    },
    write(byte) {
      if (choosing) {
        register = byte
        choosing = false
        return true
      }
      chip.write(register, byte)
      choosing = shape === 'pairs'
      if (!choosing) register = following(chip, register)
      return true
    },
    read() {
      const value = chip.read(register)
      register = following(chip, register)
      return value
    },
    stop() {},
  }
}

/** What the first byte after a chip select says. */
export type SpiCommand = {
  readonly read: boolean
  readonly register: number
  /** Whether the register stays the same over the burst. */
  readonly fixed?: boolean
}

/** Registers behind a chip select. */
export function registersOnSpi(
  chip: Registers,
  parse: (byte: number) => SpiCommand,
  shape: WriteShape = 'burst',
): SpiModel {
  let command: SpiCommand | undefined
  const step = (now: SpiCommand): SpiCommand | undefined => {
    if (!now.read && shape === 'pairs') return undefined
    return now.fixed ? now : { ...now, register: following(chip, now.register) }
  }
  return {
    select() {
      command = undefined
      chip.begin()
    },
    exchange(mosi) {
      if (!command) {
        command = parse(mosi)
        return 0xff
      }
      const now = command
      const answer = now.read ? chip.read(now.register) : 0xff
      if (!now.read) chip.write(now.register, mosi)
      command = step(now)
      return answer
    },
    deselect() {},
  }
}
