import { describe, expect, test } from 'vitest'
import type { Answer, DeviceKind, Operation, Segment } from '../../shared/bus.ts'
import { describeOperation } from '../../shared/chips.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const w = (hex: string): Segment => ({ kind: 'write', bytes: bytes(hex) })
const x = (hex: string): Segment => ({ kind: 'transfer', bytes: bytes(hex) })
const r = (length: number): Segment => ({ kind: 'read', length })
const came = (...data: string[]): Answer => ({ data: data.map(bytes) })

type Row = [line: string, kind: DeviceKind, chip: string | undefined, operation: Operation, answer: Answer]
const i2c = (target: number, ...segments: Segment[]): Operation => ({ op: 'transfer', target, segments })
const spi = (...segments: Segment[]): Operation => ({ op: 'transfer', segments })

const i2cRows: Row[] = [
  ['write 0x76 [f4 27] ACK  ctrl_meas=0x27', 'i2c', 'bme280', i2c(0x76, w('f427')), {}],
  ['write 0x76 [f2 01 f4 25] ACK  ctrl_hum=0x01 ctrl_meas=0x25', 'i2c', 'bme280', i2c(0x76, w('f201f425')), {}],
  [
    'write-read 0x76 [fa]->3 [80 00 00]  temp_msb=0x80 temp_lsb=0x00 temp_xlsb=0x00',
    'i2c',
    'bme280',
    i2c(0x76, w('fa'), r(3)),
    came('800000'),
  ],
  [
    'write-read 0x76 [f7]->8 [65 5a c0 7e ed 00 80 00]  press_msb..hum_lsb',
    'i2c',
    'bme280',
    i2c(0x76, w('f7'), r(8)),
    came('655ac07eed008000'),
  ],
  ['write 0x76 [f4 27] NACK (address)', 'i2c', 'bme280', i2c(0x76, w('f427')), { error: 'nack-address' }],
  ['write-read 0x76 [fa]->3 NACK (data)', 'i2c', 'bme280', i2c(0x76, w('fa'), r(3)), { error: 'nack-data' }],
  ['read 0x48 2 timeout: 100 ms', 'i2c', 'lm75', i2c(0x48, r(2)), { error: 'timeout', detail: '100 ms' }],
  ['write-read 0x48 [00]->2 [f3 80]  temp=-12.5 °C', 'i2c', 'lm75', i2c(0x48, w('00'), r(2)), came('f380')],
  ['write 0x48 [01 18] ACK  conf=0x18', 'i2c', 'lm75b', i2c(0x48, w('0118')), {}],
  ['write 0x48 [01] ACK  config', 'i2c', 'tmp108', i2c(0x48, w('01')), {}],
  ['write-read 0x50 [00 10]->1 [ff]  at 0x0010', 'i2c', 'at24', i2c(0x50, w('0010'), r(1)), came('ff')],
  ['write 0x50 [10 01 02] ACK  at 0x10', 'i2c', '24c02', i2c(0x50, w('100102')), {}],
  ['write 0x50 [10 01 02] ACK', 'i2c', 'at24', i2c(0x50, w('100102')), {}],
  ['transaction 0x210 [01] 1 [aa] [02]', 'i2c', undefined, i2c(0x210, w('01'), r(1), w('02')), came('aa')],
  ['write 0x76 [] ACK', 'i2c', 'bme280', i2c(0x76, w('')), {}],
]

const spiRows: Row[] = [
  ['transfer [9f 00 00 00]->[ff ef 40 14]  JEDEC id', 'spi', 'flash25', spi(x('9f000000')), came('ffef4014')],
  ['write [06]  write enable', 'spi', 'w25q80', spi(w('06')), {}],
  ['transaction [03 00 01 00] 2 [aa bb]  read at 0x000100', 'spi', 'flash25', spi(w('03000100'), r(2)), came('aabb')],
  ['transaction [8f] 1 [44]  who_am_i=0x44', 'spi', 'lis2dw12', spi(w('8f'), r(1)), came('44')],
  ['transfer [f2 00 00]->[ff 01 00]  datax0=0x01 datax1=0x00', 'spi', 'adxl345', spi(x('f20000')), came('ff0100')],
  ['write [74 25]  ctrl_meas=0x25', 'spi', 'bme280', spi(w('7425')), {}],
  [
    'transaction [01] delay 10 us 1 [02]',
    'spi',
    undefined,
    spi(w('01'), { kind: 'delay', length: 10_000 }, r(1)),
    came('02'),
  ],
  [
    'read 2 not-granted: reads at most 1',
    'spi',
    undefined,
    spi(r(2)),
    { error: 'not-granted', detail: 'reads at most 1' },
  ],
]

const otherRows: Row[] = [
  ['get -> high', 'gpio', undefined, { op: 'get' }, { level: true }],
  ['set low', 'gpio', 'relay', { op: 'set', level: false }, {}],
  ['set high busy', 'gpio', undefined, { op: 'set', level: true }, { error: 'busy' }],
  ['wait rising for 50 ms -> high', 'gpio', undefined, { op: 'wait', target: 2, timeoutMs: 50 }, { level: true }],
  ['wait low -> cancelled', 'gpio', undefined, { op: 'wait', target: 1, timeoutMs: 0 }, { error: 'cancelled' }],
  [
    'control in type 0xc1 request 0x02 value 0x0000 index 0x0000 -> [ef be]',
    'usb',
    undefined,
    { op: 'control', segments: [w('c102000000000200'), r(2)] },
    came('efbe'),
  ],
  [
    'control out type 0x41 request 0x01 value 0xbeef index 0x0000 stall',
    'usb',
    undefined,
    { op: 'control', segments: [w('4101efbe00000000')] },
    { error: 'stall' },
  ],
  ['bulk out 0x01 [01 02]', 'usb', undefined, { op: 'bulk', target: 1, segments: [w('0102')] }, {}],
  ['bulk in 0x81 64 [01 02]', 'usb', undefined, { op: 'bulk', target: 0x81, segments: [r(64)] }, came('0102')],
  ['claim interface 0', 'usb', undefined, { op: 'claim', target: 0 }, {}],
  ['interface 1 setting 2', 'usb', undefined, { op: 'alternate', target: 0x102 }, {}],
  ['delay 2 ms', 'gpio', undefined, { op: 'delay', segments: [{ kind: 'delay', length: 2_000_000 }] }, {}],
]

describe('one operation in one line', () => {
  test.each([...i2cRows, ...spiRows, ...otherRows])('%s', (line, kind, chip, operation, answer) => {
    expect(describeOperation(kind, chip, operation, answer)).toBe(line)
  })

  test('long ones are cut', () => {
    const line = describeOperation('i2c', undefined, i2c(0x50, w('00'.repeat(40))), {})
    expect(line).toBe(`write 0x50 [${'00 '.repeat(32)}+8] ACK`)
  })

  test('operations that say nothing are no end', () => {
    expect(describeOperation('i2c', 'bme280', { op: 'transfer' }, {})).toBe('transaction 0x00')
    expect(describeOperation('spi', 'flash25', { op: 'transfer' }, {})).toBe('transaction')
    expect(describeOperation('usb', undefined, { op: 'control' }, {})).toBe('control')
  })
})
