import type { Answer, Operation } from '../../shared/bus.ts'
import type { DeviceSpec } from './profile.ts'

/**
 * One controller: an i2c adapter, a gpio chip, an SPI bus, a USB device, real or in the lab. It lives in its own I/O
 * worker, so it may block. Every driver passes test/contract/drivers.
 */
export interface Driver {
  /** Gets hold of one device of the profile. Throws SamaraError that names it: UNAVAILABLE, NOT_FOUND or PERMISSION_DENIED. */
  open(device: DeviceSpec): OpenDevice | Promise<OpenDevice>
  close(): void | Promise<void>
}

export interface OpenDevice {
  /**
   * Does one operation. What goes wrong on the bus is an answer with `error`, never a throw. Ends with `cancelled` soon
   * after the signal, where the system lets it.
   */
  run(operation: Operation, signal: AbortSignal): Answer | Promise<Answer>
  /** Gives it back: a line is released, an interface too. Outputs keep their level; safe states are the caller's business. */
  close(): void | Promise<void>
}
