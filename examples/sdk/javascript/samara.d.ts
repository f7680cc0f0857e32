/**
 * Host interfaces as a function in JavaScript imports them: `/// <reference path="samara.d.ts" />` and an editor knows them.
 * Linux proplets only. A call that fails throws an error whose `payload` is the error of the interface. Numbers of 64 bits
 * are plain numbers here, not BigInt.
 */

declare module 'samara:device/open@0.1.0' {
  import type { Delay } from 'wasi:i2c/delay@0.2.0-draft'
  import type { I2c } from 'wasi:i2c/i2c@0.2.0-draft'
  export type Refusal = 'not-granted' | 'wrong-kind' | 'unavailable'
  /** Throws Refusal. */
  export function openI2c(name: string): I2c
  export function openDelay(): Delay
}

declare module 'samara:device/config@0.1.0' {
  export function get(key: string): string | undefined
}

declare module 'wasi:i2c/i2c@0.2.0-draft' {
  export type ErrorCode =
    | { tag: 'bus' | 'arbitration-loss' | 'overrun' | 'other' }
    | { tag: 'no-acknowledge'; val: 'address' | 'data' | 'unknown' }
  export type Operation = { tag: 'read'; val: number } | { tag: 'write'; val: Uint8Array | number[] }
  /** Its methods throw ErrorCode. */
  export class I2c {
    private constructor()
    /** One list for each read, in order. */
    transaction(address: number, operations: Operation[]): Uint8Array[]
    read(address: number, length: number): Uint8Array
    write(address: number, data: Uint8Array | number[]): void
    writeRead(address: number, write: Uint8Array | number[], readLength: number): Uint8Array
  }
}

declare module 'wasi:i2c/delay@0.2.0-draft' {
  export class Delay {
    private constructor()
    delayNs(ns: number): void
  }
}

declare module 'wasi:spi/spi' {
  export type Error =
    | { tag: 'overrun' | 'mode-fault' | 'frame-format' | 'chip-select-fault' }
    | { tag: 'other'; val: string }
  export type Operation =
    | { tag: 'read' | 'delay-ns'; val: number }
    | { tag: 'write' | 'transfer'; val: Uint8Array | number[] }
  export type OperationResult = { tag: 'read' | 'transfer'; val: Uint8Array } | { tag: 'write' | 'delay' }
  /** Its methods throw Error. */
  export class SpiDevice {
    private constructor()
    read(length: number): Uint8Array
    write(data: Uint8Array | number[]): void
    transfer(data: Uint8Array | number[]): Uint8Array
    transaction(operations: Operation[]): OperationResult[]
  }
  export function open(name: string): SpiDevice
}

declare module 'wasi:gpio/digital@0.2.0' {
  export type ErrorCode = { tag: 'other'; val: string }
  export type PinState = 'low' | 'high'
  /** High is active. Methods throw ErrorCode. */
  export class OutputPin {
    private constructor()
    setLow(): void
    setHigh(): void
    setState(state: PinState): void
  }
  export class StatefulOutputPin {
    private constructor()
    setLow(): void
    setHigh(): void
    setState(state: PinState): void
    isSetHigh(): boolean
    isSetLow(): boolean
    toggle(): void
  }
  export class InputPin {
    private constructor()
    isHigh(): boolean
    isLow(): boolean
  }
  export function openOutput(name: string): OutputPin
  export function openStatefulOutput(name: string): StatefulOutputPin
  export function openInput(name: string): InputPin
}
