/** What the data sheets call the registers and commands of chips that are often met. */

export type RegisterMap = {
  readonly names: Readonly<Record<number, string>>
  /** Bytes of each register. @default 1 */
  readonly width?: 1 | 2
  /** Whether a write is register, value, register, value; else the values of consecutive registers. */
  readonly pairs?: boolean
  /** What the first byte on SPI says. */
  readonly spi?: (byte: number) => { readonly read: boolean; readonly register: number }
}

const numbered = (first: number, names: readonly string[]): Record<number, string> =>
  Object.fromEntries(names.map((name, index) => [first + index, name]))
const count = (prefix: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${prefix}${String(from + index).padStart(2, '0')}`)

const bme280: RegisterMap = {
  names: {
    ...numbered(0x88, count('calib', 0, 25)),
    208: 'id',
    224: 'reset',
    ...numbered(0xe1, count('calib', 26, 41)),
    ...numbered(0xf2, ['ctrl_hum', 'status', 'ctrl_meas', 'config']),
    ...numbered(0xf7, [
      'press_msb',
      'press_lsb',
      'press_xlsb',
      'temp_msb',
      'temp_lsb',
      'temp_xlsb',
      'hum_msb',
      'hum_lsb',
    ]),
  },
  pairs: true,
  spi: (byte) => ({ read: byte >= 0x80, register: byte | 0x80 }),
}

const lm75: RegisterMap = { names: numbered(0, ['temp', 'conf', 'thyst', 'tos']), width: 2 }
const tmp108: RegisterMap = { names: numbered(0, ['temp', 'config', 'tlow', 'thigh']), width: 2 }

const axes = (low: string, high: string) => ['x', 'y', 'z'].flatMap((axis) => [`${axis}${low}`, `${axis}${high}`])

const lis2dw12: RegisterMap = {
  names: {
    ...numbered(0x0d, ['out_t_l', 'out_t_h', 'who_am_i']),
    ...numbered(0x20, ['ctrl1', 'ctrl2', 'ctrl3', 'ctrl4_int1', 'ctrl5_int2', 'ctrl6', 'out_t', 'status']),
    ...numbered(
      0x28,
      axes('_l', '_h').map((name) => `out_${name}`),
    ),
    ...numbered(0x2e, ['fifo_ctrl', 'fifo_samples', 'tap_ths_x', 'tap_ths_y', 'tap_ths_z', 'int_dur']),
    ...numbered(0x34, ['wake_up_ths', 'wake_up_dur', 'free_fall', 'status_dup', 'wake_up_src', 'tap_src']),
    ...numbered(0x3a, ['sixd_src', 'all_int_src', 'x_ofs_usr', 'y_ofs_usr', 'z_ofs_usr', 'ctrl7']),
  },
  spi: (byte) => ({ read: byte >= 0x80, register: byte & 0x7f }),
}

const adxl345: RegisterMap = {
  names: {
    0: 'devid',
    ...numbered(0x1d, ['thresh_tap', 'ofsx', 'ofsy', 'ofsz', 'dur', 'latent', 'window', 'thresh_act', 'thresh_inact']),
    ...numbered(0x26, ['time_inact', 'act_inact_ctl', 'thresh_ff', 'time_ff', 'tap_axes', 'act_tap_status', 'bw_rate']),
    ...numbered(0x2d, ['power_ctl', 'int_enable', 'int_map', 'int_source', 'data_format']),
    ...numbered(
      0x32,
      axes('0', '1').map((name) => `data${name}`),
    ),
    ...numbered(0x38, ['fifo_ctl', 'fifo_status']),
  },
  spi: (byte) => ({ read: byte >= 0x80, register: byte & 0x3f }),
}

const registerMaps: readonly [chip: RegExp, map: RegisterMap][] = [
  [/^bm[ep]280$/, bme280],
  [/^lm75/, lm75],
  [/^tmp108$/, tmp108],
  [/^lis2dw12$/, lis2dw12],
  [/^adxl34[35]$/, adxl345],
]

/** The registers of a chip, by its name in a profile or a lab. */
export const registersOf = (chip: string): RegisterMap | undefined =>
  registerMaps.find(([pattern]) => pattern.test(chip))?.[1]

/** Bytes of a memory's address on i2c: `24c02` and its like have one, from `24c32` on two; undefined where the name leaves it open. */
export function memoryAddressBytes(chip: string): number | undefined {
  const kilobits = Number(/^(?:at)?24c?(\d+)/.exec(chip)?.[1])
  if (!(kilobits > 0)) return undefined
  return kilobits < 32 ? 1 : 2
}

export const isMemory = (chip: string): boolean => /^(at)?24/.test(chip)
export const isFlash = (chip: string): boolean => /^(flash25|w25|mx25|gd25|at25|sst25|n25)/.test(chip)

export type FlashCommand = {
  readonly name: string
  /** Whether an address of 3 bytes follows. */
  readonly addressed?: boolean
}

export const flashCommands: Readonly<Record<number, FlashCommand>> = {
  1: { name: 'write status' },
  2: { name: 'program', addressed: true },
  3: { name: 'read', addressed: true },
  4: { name: 'write disable' },
  5: { name: 'read status' },
  6: { name: 'write enable' },
  11: { name: 'fast read', addressed: true },
  32: { name: 'erase 4 KiB', addressed: true },
  53: { name: 'read status 2' },
  75: { name: 'unique id' },
  82: { name: 'erase 32 KiB', addressed: true },
  90: { name: 'read SFDP', addressed: true },
  96: { name: 'erase chip' },
  102: { name: 'enable reset' },
  144: { name: 'read ids' },
  153: { name: 'reset' },
  159: { name: 'JEDEC id' },
  171: { name: 'release power-down' },
  185: { name: 'power-down' },
  199: { name: 'erase chip' },
  216: { name: 'erase 64 KiB', addressed: true },
}
