import { deviceKinds } from '../bus.ts'
import { pinDirections } from '../capabilities.ts'
import { bool, field, type Infer, list, numbered, optional, struct, text, uint } from '../schema.ts'
import { busPath, labName } from './fields.ts'

export const pulls = ['up', 'down', 'none'] as const
export const safeStates = ['low', 'high', 'hold'] as const
export const MAX_LAB_DEVICES = 64

/** A device of a profile, and what a driver tells the lab when it opens one. */
export const LabDevice = struct('lab-device', {
  name: field(1, labName, 'Name that a proplet has for it.'),
  kind: field(2, numbered(deviceKinds), 'Which of the fields below count.'),
  bus: field(3, busPath, 'Controller.'),
  maxBytes: field(4, uint(32), 'Longest read or write of one operation.'),
  timeoutMs: field(5, uint(32), 'How long one operation may take, waits for pins aside.'),
  chip: optional(6, text({ max: 24 }), 'What kind of chip it is.'),
  addresses: optional(7, list(uint(16), { max: 16 }), 'i2c: its addresses.'),
  tenBit: optional(8, bool, 'i2c: addresses up to 0x7f are of 10 bits too.'),
  mode: optional(9, uint(8), 'spi: clock polarity and phase, 0 to 3.'),
  bitsPerWord: optional(10, uint(8), 'spi: bits of a word.'),
  hz: optional(11, uint(32), 'spi: clock.'),
  lsbFirst: optional(12, bool, 'spi: order of bits.'),
  csHigh: optional(13, bool, 'spi: polarity of the chip select.'),
  line: optional(14, uint(16), 'gpio: offset of the line.'),
  direction: optional(15, numbered(pinDirections), 'gpio: direction.'),
  activeLow: optional(16, bool, 'gpio: applied by the driver; the lab speaks of wires.'),
  pull: optional(17, numbered(pulls), 'gpio: resistor.'),
  debounceUs: optional(18, uint(32), 'gpio: a level counts once it has held so long.'),
  safe: optional(19, numbered(safeStates), 'gpio: level when nobody drives it, active-low applied.'),
  vendor: optional(20, uint(16), 'usb: idVendor.'),
  product: optional(21, uint(16), 'usb: idProduct.'),
  serial: optional(22, text({ max: 126 }), 'usb: serial number.'),
})
export type LabDevice = Infer<typeof LabDevice>
