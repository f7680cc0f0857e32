/** What a proplet's hardware is called and where it is. Local to the device, and only reported upward. [P-10.1] */

/** Where a controller is. Equal controllers share one I/O worker. */
export type ControllerSpec =
  /** `/dev/i2c-1`, `/dev/gpiochip0`, `/dev/spidev0.0`; of usb the word `usb`. */
  | { readonly driver: 'linux'; readonly path: string }
  /** A bus of the lab that listens on this Unix socket. */
  | { readonly driver: 'sim'; readonly socket: string; readonly bus: string }

type Common = {
  readonly name: string
  readonly controller: ControllerSpec
  /** Longest read or write of one operation. @default 4096 */
  readonly maxBytes: number
  /** How long one operation may take, waits for pins aside. @default 1000 */
  readonly timeoutMs: number
  /** What kind of chip it is, where that is known: transcripts are decoded by it. */
  readonly chip?: string | undefined
}
export type I2cSpec = Common & {
  readonly kind: 'i2c'
  readonly addresses: readonly number[]
  /** Whether addresses up to 0x7f are of 10 bits too. */
  readonly tenBit: boolean
}
export type SpiSpec = Common & {
  readonly kind: 'spi'
  readonly mode: 0 | 1 | 2 | 3
  readonly bitsPerWord: number
  readonly hz: number
  readonly lsbFirst: boolean
  readonly csHigh: boolean
}
/** The level that an output has when nobody drives it; `hold` leaves it as it is. */
export type SafeState = 'low' | 'high' | 'hold'
export type GpioSpec = Common & {
  readonly kind: 'gpio'
  /** Offset on its chip, or the line's name. */
  readonly line: number | string
  readonly direction: 'input' | 'output' | 'both'
  readonly activeLow: boolean
  readonly pull?: 'up' | 'down' | 'none' | undefined
  readonly debounceUs: number
  /** Of outputs; logical, so `high` is active. @default 'low' */
  readonly safe: SafeState
}
export type UsbSpec = Common & {
  readonly kind: 'usb'
  readonly vendor: number
  readonly product: number
  readonly serial?: string | undefined
}
export type DeviceSpec = I2cSpec | SpiSpec | GpioSpec | UsbSpec
export type Profile = readonly DeviceSpec[]
