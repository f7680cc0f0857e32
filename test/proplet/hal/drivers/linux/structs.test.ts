import { describe, expect, test } from 'vitest'
import { smbusCallOf } from '../../../../../proplet/hal/drivers/linux/i2c-smbus.ts'
import { io, ior, iow, iowr } from '../../../../../proplet/hal/drivers/linux/ioctl.ts'
import { endpointsOf, settingsOf, splitDescriptors } from '../../../../../proplet/hal/drivers/linux/usb-descriptors.ts'
import { setupOf } from '../../../../../proplet/hal/drivers/linux/usb-setup.ts'
import type { Segment } from '../../../../../shared/bus.ts'

describe('request numbers are those of the C headers', () => {
  test.each([
    ['GPIO_GET_CHIPINFO_IOCTL', ior('\xb4', 1, 68), 0x8044b401],
    ['GPIO_V2_GET_LINEINFO_IOCTL', iowr('\xb4', 5, 256), 0xc100b405],
    ['GPIO_V2_GET_LINE_IOCTL', iowr('\xb4', 7, 592), 0xc250b407],
    ['GPIO_V2_LINE_SET_CONFIG_IOCTL', iowr('\xb4', 0xd, 272), 0xc110b40d],
    ['GPIO_V2_LINE_GET_VALUES_IOCTL', iowr('\xb4', 0xe, 16), 0xc010b40e],
    ['SPI_IOC_WR_MODE32', iow('k', 5, 4), 0x40046b05],
    ['SPI_IOC_MESSAGE(1)', iow('k', 0, 32), 0x40206b00],
    ['USBDEVFS_RESET', io('U', 20), 0x5514],
  ])('%s', (_, number, expected) => {
    expect(number).toBe(expected)
  })
})

describe('SMBus calls of an adapter that knows no raw transfers', () => {
  const ALL = 0x0fff_0008
  const write = (...bytes: number[]): Segment => ({ kind: 'write', bytes: Uint8Array.from(bytes) })
  const read = (length: number): Segment => ({ kind: 'read', length })

  test.each([
    ['quick', [write()], { kind: 0, direction: 0 }],
    ['write byte', [write(7)], { kind: 1, direction: 0, command: 7 }],
    ['read byte', [read(1)], { kind: 1, direction: 1 }],
    ['write byte data', [write(7, 8)], { kind: 2, direction: 0, command: 7, data: [8] }],
    ['read byte data', [write(7), read(1)], { kind: 2, direction: 1, command: 7, answerLength: 1 }],
    ['write word data', [write(7, 8, 9)], { kind: 3, direction: 0, command: 7, data: [8, 9] }],
    ['read word data', [write(7), read(2)], { kind: 3, direction: 1, command: 7, answerLength: 2 }],
    ['process call', [write(7, 8, 9), read(2)], { kind: 4, direction: 0, command: 7, data: [8, 9], answerLength: 2 }],
    ['write i2c block', [write(7, 1, 2, 3, 4)], { kind: 8, direction: 0, command: 7, data: [4, 1, 2, 3, 4] }],
    ['read i2c block', [write(7), read(5)], { kind: 8, direction: 1, command: 7, answerAt: 1, answerLength: 5 }],
  ])('%s', (_, segments, call) => {
    expect(smbusCallOf(segments, ALL)).toMatchObject(call)
  })

  test('a call that the adapter lacks is done by another that looks the same', () => {
    const WITHOUT_BYTE_DATA = ALL & ~0x0018_0000
    expect(smbusCallOf([write(7, 8)], WITHOUT_BYTE_DATA)).toMatchObject({ kind: 8, data: [1, 8] })
    expect(smbusCallOf([write(7), read(1)], WITHOUT_BYTE_DATA)).toMatchObject({ kind: 8, data: [1] })
  })

  test.each([
    ['two reads', [read(1), read(1)]],
    ['a long read alone', [read(2)]],
    ['more than a block', [write(7), read(33)]],
    ['two bytes, then a read', [write(7, 8), read(1)]],
    ['three messages', [write(7), read(1), write(8)]],
    ['nothing', []],
  ])('%s has none', (_, segments) => {
    expect(smbusCallOf(segments, ALL)).toBeUndefined()
  })
})

describe('descriptors of USB', () => {
  // A device; configuration 1 with interface 0 in two settings and an endpoint each, USB 2.0 chapter 9.6.
  const device = [18, 1, 0, 2, 0xff, 0, 0, 64, 0x09, 0x12, 1, 0, 0, 1, 0, 0, 0, 1]
  const body = [
    9, 4, 0, 0, 1, 0xff, 0, 0, 0, 7, 5, 0x81, 2, 0, 2, 0, 9, 4, 0, 1, 1, 0xff, 0, 0, 0, 7, 5, 0x02, 3, 8, 0, 4,
  ]
  const configuration = [9, 2, 9 + body.length, 0, 1, 1, 0, 0x80, 50, ...body]
  const other = [9, 2, 9, 0, 0, 2, 0, 0x80, 50]

  test('the active configuration is found among all', () => {
    const all = Buffer.from([...device, ...other, ...configuration])
    expect(splitDescriptors(all, 1).map((bytes) => [...bytes])).toEqual([device, configuration])
    expect(splitDescriptors(all, 2)[1]).toHaveLength(9)
    expect(splitDescriptors(all, 0)[1]).toHaveLength(0)
  })

  test('endpoints know interface, setting, type and packet', () => {
    expect(endpointsOf(Uint8Array.from(configuration))).toEqual([
      { interface: 0, setting: 0, address: 0x81, type: 'bulk', packetBytes: 512 },
      { interface: 0, setting: 1, address: 0x02, type: 'interrupt', packetBytes: 8 },
    ])
    expect(settingsOf(Uint8Array.from(configuration))).toEqual([
      { interface: 0, setting: 0 },
      { interface: 0, setting: 1 },
    ])
  })

  test('a descriptor of no length ends them', () => {
    expect(endpointsOf(Uint8Array.of(9, 4, 0, 0, 1, 0, 0, 0, 0, 0, 5, 0x81, 2, 0, 2))).toEqual([])
  })
})

describe('setup packets', () => {
  const packet = (...bytes: number[]): Segment => ({ kind: 'write', bytes: Uint8Array.from(bytes) })

  test('become the words of the package usb', () => {
    const setup = setupOf([packet(0xa1, 0x42, 0x34, 0x12, 0x02, 0x00, 4, 0), { kind: 'read', length: 4 }])
    const native = { requestType: 'class', recipient: 'interface', request: 0x42, value: 0x1234, index: 2 }
    expect(setup).toMatchObject({ isIn: true, length: 4, native })
  })

  test('of reserved kinds are refused', () => {
    expect(setupOf([packet(0x60, 0, 0, 0, 0, 0, 0, 0)])).toBe('request type 0x60 is reserved')
    expect(setupOf([packet(0x44, 0, 0, 0, 0, 0, 0, 0)])).toBe('request type 0x44 is reserved')
  })
})
