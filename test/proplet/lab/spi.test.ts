import { describe, expect, test } from 'vitest'
import { TestClock } from '../../support/test-clock.ts'
import { BENCH, exchange, hold, labOf, read, run, spiDevice, transfer, write } from './support.ts'

const bench = async (changes = {}) => {
  const lab = await labOf(BENCH)
  return { lab, device: lab.open(spiDevice(changes)), flash: lab.part('flash') }
}

describe('an SPI bus of the lab', () => {
  test('holds the chip selected from the first segment to the last', async () => {
    const { lab, device, flash } = await bench()
    expect(await transfer(device, undefined, write(0x9f), read(2), exchange(0xaa))).toEqual({ data: ['1112', '13'] })
    expect(flash.get('notes')).toBe('select 9f 0 0 aa deselect')
    expect(lab.trace.wires()).toEqual(['CS1 mode0 [ 9f/10 00/11 00/12 aa/13 ]'])
  })

  test('nobody at a chip select reads as ones', async () => {
    const { device } = await bench({ bus: 'spi-0:0' })
    expect(await transfer(device, undefined, read(2))).toEqual({ data: ['ffff'] })
  })

  test('a word of 16 bits goes out with its high byte first; in memory its low one lies first', async () => {
    const { device, flash } = await bench({ bitsPerWord: 16 })
    expect(await transfer(device, undefined, exchange(0x34, 0x12))).toEqual({ data: ['1110'] })
    expect(flash.get('notes')).toBe('select 12 34 deselect')
  })

  test('bits go out the other way round where the device wants it so', async () => {
    const { lab, device } = await bench({ lsbFirst: true })
    expect(await transfer(device, undefined, exchange(0x01))).toEqual({ data: ['08'] })
    expect(lab.trace.wires()).toEqual(['CS1 mode0 [ 80/10 ]'])
  })

  test('a delay is spent with the chip selected', async () => {
    const { lab, device } = await bench()
    await transfer(device, undefined, write(1), hold(5000), write(2))
    expect(lab.trace.wires()).toEqual(['CS1 mode0 [ 01/10 ~5000ns 02/11 ]'])
    // Two bytes at 1 MHz and the delay.
    expect(lab.time.now()).toBe(21_000n)
  })

  test('a delay in real time is waited for before the next byte, and ended by a cancel', async () => {
    const clock = new TestClock()
    const lab = await labOf(BENCH.replace('time: virtual', 'time: real'), clock)
    const device = lab.open(spiDevice())
    const flash = lab.part('flash')
    const answer = transfer(device, undefined, write(1), hold(3_000_000), write(2))
    expect(flash.get('notes')).toBe('select 1')
    clock.advance(3)
    expect(await answer).toEqual({})
    expect(flash.get('notes')).toBe('select 1 2 deselect')
    const abort = new AbortController()
    const segments = [hold(3_000_000), write(9)]
    const cancelled = run(device, { op: 'transfer', segments }, abort.signal)
    abort.abort()
    expect(await cancelled).toEqual({ error: 'cancelled' })
    expect(flash.get('notes')).toBe('select 1 2 deselect select deselect')
  })

  test.each([
    ['no segments', []],
    ['a read of no bytes', [read(0)]],
    ['half a word', [write(1, 2, 3)]],
  ])('%s is invalid, without traffic', async (_what, segments) => {
    const { lab, device } = await bench({ bitsPerWord: 16 })
    expect(await transfer(device, undefined, ...segments)).toEqual({ error: 'invalid' })
    expect(lab.trace.wires()).toEqual([])
  })

  test('words of 9 bits are not supported', async () => {
    const { device } = await bench({ bitsPerWord: 9 })
    expect(await transfer(device, undefined, write(1))).toEqual({ error: 'unsupported' })
  })

  test.each(['overrun', 'mode-fault', 'timeout', 'no-device'] as const)('the fault %s strikes once', async (kind) => {
    const { lab, device } = await bench()
    lab.addFault({ on: 'flash', kind, count: 1 })
    expect(await transfer(device, undefined, write(1))).toEqual({ error: kind })
    expect(await transfer(device, undefined, write(1))).toEqual({})
  })
})
