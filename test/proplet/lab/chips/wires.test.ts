import { describe, expect, test } from 'vitest'
import button from '../../../../proplet/lab/chips/button.ts'
import led from '../../../../proplet/lab/chips/led.ts'
import relay from '../../../../proplet/lab/chips/relay.ts'
import usbLoopback from '../../../../proplet/lab/chips/usb-loopback.ts'
import { fromHex, onBench, toHex } from './bench.ts'

describe('button', () => {
  test.each([
    [{}, true, false],
    [{ activeLow: false }, false, true],
    [{ pulled: false }, undefined, false],
  ])('wired as %j its line is %s, and %s while it is pressed', (options, released, pressed) => {
    const chip = onBench(button, { options })
    expect(chip.model.gpio?.level?.()).toBe(released)
    chip.set('pressed', true)
    expect(chip.model.gpio?.level?.()).toBe(pressed)
  })

  test('bounces and then rests', () => {
    const chip = onBench(button, { options: { bounces: 2, bounceUs: 1000 } })
    const levels: unknown[] = []
    chip.model.gpio?.onLevel?.(() => levels.push(chip.model.gpio?.level?.()))
    chip.set('pressed', true)
    expect(levels).toEqual([false])
    chip.wait(100)
    expect(levels).toEqual([false, true, false, true, false])
  })
})

test('an LED shines while its line is high, or low where it is wired so', () => {
  const high = onBench(led)
  high.model.gpio?.drive?.(true)
  expect(high.get('lit')).toBe(true)
  const low = onBench(led, { options: { activeLow: true } })
  low.model.gpio?.drive?.(true)
  expect(low.get('lit')).toBe(false)
})

test('a relay counts how often it moves', () => {
  const chip = onBench(relay)
  for (const level of [false, true, true, false, true]) chip.model.gpio?.drive?.(level)
  expect([chip.get('closed'), chip.get('switches')]).toEqual([true, 3])
  expect(() => chip.set('closed', false)).toThrow('set by the part alone')
})

describe('USB loopback', () => {
  const plug = () => onBench(usbLoopback).model.usb

  test('describes itself', () => {
    const usb = plug()
    expect(toHex(usb?.deviceDescriptor ?? [])).toBe('12010002ff00004009120100000100000001')
    expect(toHex(usb?.configuration ?? [])).toBe(
      '09022000010100803209040000' + '02ff000000' + '07050102400000' + '07058102400000',
    )
  })

  test('gives back each transfer, in order', () => {
    const usb = plug()
    expect(usb?.in(0x81, 64)).toBeUndefined()
    expect(usb?.out(0x01, fromHex('0102'))).toBe(true)
    expect(usb?.out(0x01, fromHex('030405'))).toBe(true)
    expect(toHex(usb?.in(0x81, 64) ?? [])).toBe('0102')
    expect(toHex(usb?.in(0x81, 2) ?? [])).toBe('0304')
    expect(toHex(usb?.in(0x81, 2) ?? [])).toBe('05')
    expect(usb?.in(0x81, 64)).toBeUndefined()
  })

  test.each(['40', '41'])('keeps 16 bits by vendor request 1 to recipient %s', (type) => {
    const usb = plug()
    const none = new Uint8Array()
    expect(usb?.control(fromHex(`${type} 01 efbe 0000 0000`), none)).toHaveLength(0)
    expect(toHex(usb?.control(fromHex('c0 02 0000 0000 0200'), none) ?? [])).toBe('efbe')
  })

  test('halts at what it does not know', () => {
    const usb = plug()
    expect(usb?.control(fromHex('40 07 0000 0000 0000'), new Uint8Array())).toBeUndefined()
    expect(usb?.out(0x02, fromHex('01'))).toBe(false)
  })
})
