import type { Operation, Segment } from '../../../../shared/bus.ts'
import type { Guest } from '../guest.ts'
import { type Device, Pending } from './devices.ts'
import { type UsbError, usbAnswer } from './errors.ts'

/** `component:usb/transfers`. One transfer at a time is under way on a device; a second one is `busy`. */

export type TransferType = 'control' | 'bulk' | 'interrupt' | 'isochronous'
export type TransferSetup = {
  readonly bmRequestType: number
  readonly bRequest: number
  readonly wValue: number
  readonly wIndex: number
}
export type TransferOptions = {
  readonly endpoint: number
  readonly timeoutMs: number
  readonly streamId: number
  readonly isoPackets: number
}

export const IN = 0x80
const MAX_CONTROL_BYTES = 0xffff
const fail = (error: UsbError): never => {
  throw error
}

type Plan = {
  readonly type: TransferType
  readonly setup: TransferSetup
  readonly size: number
  readonly options: TransferOptions
}

export class Transfer {
  readonly #guest: Guest
  readonly #device: Device
  readonly #plan: Plan
  #pending: Pending | undefined

  constructor(guest: Guest, device: Device, plan: Plan) {
    this.#guest = guest
    this.#device = device
    this.#plan = plan
  }

  submitTransfer(data: Uint8Array): void {
    this.#guest.repay()
    if (this.#pending && !this.#pending.wait(0)) fail('busy')
    const begun = this.#device.begin(operationOf(this.#plan, this.#device, data))
    if (begun instanceof Pending) this.#pending = begun
    else usbAnswer(begun)
  }

  cancelTransfer(): void {
    if (!this.#pending || this.#pending.wait(0)) fail('not-found')
    this.#pending?.cancel()
  }

  /** Bytes that came in, none where they went out. For the host alone: no guest can name it. */
  static await(transfer: Transfer): Uint8Array {
    const answer = transfer.#pending?.wait(Number.POSITIVE_INFINITY) ?? fail('not-found')
    transfer.#pending = undefined
    return usbAnswer(answer).data?.[0] ?? new Uint8Array()
  }

  [Symbol.dispose](): void {
    this.#pending?.cancel()
  }
}

function operationOf({ type, setup, size, options }: Plan, device: Device, data: Uint8Array): Operation {
  const inward = ((type === 'control' ? setup.bmRequestType : options.endpoint) & IN) !== 0
  const length = inward ? size : data.length
  if (length > device.spec.maxBytes)
    usbAnswer(device.refuse(`transfer of ${length} bytes, at most ${device.spec.maxBytes} are granted`))
  const payload: Segment = inward ? { kind: 'read', length } : { kind: 'write', bytes: data }
  const timeoutMs = options.timeoutMs || undefined
  if (type === 'control') return { op: 'control', segments: controlSegments(setup, payload, length), timeoutMs }
  return { op: type === 'bulk' ? 'bulk' : 'interrupt', target: options.endpoint, segments: [payload], timeoutMs }
}

function controlSegments(setup: TransferSetup, payload: Segment, length: number): Segment[] {
  if (length > MAX_CONTROL_BYTES) fail('invalid-param')
  const packet: Segment = { kind: 'write', bytes: setupPacket(setup, length) }
  return length === 0 ? [packet] : [packet, payload]
}

export function setupPacket({ bmRequestType, bRequest, wValue, wIndex }: TransferSetup, length: number): Uint8Array {
  const low = (value: number) => value & 0xff
  const high = (value: number) => value >> 8
  return Uint8Array.of(
    ...[bmRequestType, bRequest],
    ...[low(wValue), high(wValue), low(wIndex), high(wIndex), low(length), high(length)],
  )
}

/** Isochronous transfers and streams have no operation on our buses. */
export function newTransfer(guest: Guest, device: Device, plan: Plan): Transfer {
  const { type, options } = plan
  if (type === 'isochronous' || options.streamId !== 0) fail('not-supported')
  return new Transfer(guest, device, plan)
}

export const transfersInterface = () => ({
  Transfer,
  awaitTransfer: (transfer: Transfer) => Transfer.await(transfer),
})
