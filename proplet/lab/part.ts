/**
 * What a user writes to add a chip to the lab: one file that exports `definePart(...)` as its default.
 * See README.md beside this file.
 */

export interface LabClock {
  /** Nanoseconds since the lab began; real or virtual. */
  now(): bigint
  /** Calls `fn` after so many nanoseconds of the lab's time. */
  after(ns: bigint, fn: () => void): () => void
}

export type PropertyValue = number | boolean | string

/** Something of the outside world that a person can read and set: a temperature, a button, a relay's state. */
export type Property = {
  readonly doc: string
  readonly unit?: string
  readonly initial: PropertyValue
  /** Of numbers. */
  readonly min?: number
  readonly max?: number
  /** Set by the part alone: a relay's state. */
  readonly readOnly?: boolean
}

export type PartContext<P extends string> = {
  readonly clock: LabClock
  /** What the property is now. */
  get(property: P): PropertyValue
  /** The part itself changes what the outside sees. */
  set(property: P, value: PropertyValue): void
  /** Called when the outside changes a property. */
  onChange(fn: (property: P, value: PropertyValue) => void): void
}

/** A chip on i2c sees what its wires see. */
export interface I2cModel {
  /** Addressed for writing or reading; false is no acknowledge. */
  start(direction: 'read' | 'write'): boolean
  /** One byte from the controller; false is no acknowledge. */
  write(byte: number): boolean
  /** One byte to the controller. */
  read(): number
  stop(): void
}

export interface SpiModel {
  select(): void
  /** One byte each way. */
  exchange(mosi: number): number
  deselect(): void
}

/** A line as the proplet's side drives or reads it. `level` is the wire's, before active-low. */
export interface GpioModel {
  /** The proplet drives the line. */
  drive?(level: boolean): void
  /** The level that the part puts on the line; undefined where it leaves it floating. */
  level?(): boolean | undefined
  /** The lab asks to be told of changes of `level`. */
  onLevel?(fn: () => void): void
}

/** A USB device on endpoint level. */
export interface UsbModel {
  /** 18 bytes. */
  readonly deviceDescriptor: Uint8Array
  /** Configuration descriptor with all that follows it. */
  readonly configuration: Uint8Array
  /** Standard requests are answered by the lab. `undefined` halts. */
  control(setup: Uint8Array, data: Uint8Array): Uint8Array | undefined
  /** Bytes for an OUT endpoint; false halts. */
  out(endpoint: number, data: Uint8Array): boolean
  /** Bytes of an IN endpoint; undefined where there are none yet. */
  in(endpoint: number, length: number): Uint8Array | undefined
}

export type PartModel = {
  readonly i2c?: I2cModel
  readonly spi?: SpiModel
  readonly gpio?: GpioModel
  readonly usb?: UsbModel
}

export type Part<P extends string = string> = {
  /** As lab files name it. */
  readonly name: string
  readonly doc: string
  /** Data sheet that it follows. */
  readonly source?: string
  readonly properties: Readonly<Record<P, Property>>
  /** Options of the lab file, with their defaults. */
  readonly options?: Readonly<Record<string, PropertyValue>>
  create(context: PartContext<P>, options: Readonly<Record<string, PropertyValue>>): PartModel
}

export const definePart = <const P extends string>(part: Part<P>): Part<P> => part
