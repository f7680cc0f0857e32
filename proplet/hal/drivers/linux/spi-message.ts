import type { Answer, Segment } from '../../../../shared/bus.ts'
import { failed } from './errno.ts'
import { addressOf, ioctl, iow } from './ioctl.ts'

/** struct spi_ioc_transfer; pointers are of 64 bits everywhere. */
const TRANSFER_BYTES = 32
const RX = 8
const LENGTH = 16
const DELAY_US = 24
/** The request's number holds its size in 14 bits. */
const MAX_TRANSFERS = Math.floor(((1 << 14) - 1) / TRANSFER_BYTES)
const MAX_DELAY_US = 0xffff
const NS_PER_US = 1000

const message = (transfers: number): number => iow('k', 0, transfers * TRANSFER_BYTES)

/** One transfer of the kernel; its delay comes after its last bit, with the chip still selected. */
type Transfer = { readonly out?: Uint8Array; readonly into?: Uint8Array; delayUs: number }

/** All segments as one message: the chip is selected before the first and let go after the last. */
export function transfer(fd: number, segments: readonly Segment[]): Answer {
  if (segments.length === 0) return { data: [] }
  const transfers = transfersOf(segments)
  if (transfers.length > MAX_TRANSFERS)
    return {
      error: 'unsupported',
      detail: `${transfers.length} transfers are more than the ${MAX_TRANSFERS} of spidev`,
    }
  const bytes = Buffer.alloc(transfers.length * TRANSFER_BYTES)
  for (const [i, each] of transfers.entries()) putTransfer(bytes.subarray(i * TRANSFER_BYTES), each)
  const answer = ioctl(fd, message(transfers.length), bytes)
  if (answer < 0) return failed('spi', answer)
  return { data: transfers.flatMap(({ into }) => into ?? []) }
}

function transfersOf(segments: readonly Segment[]): Transfer[] {
  const transfers: Transfer[] = []
  for (const segment of segments) {
    if (segment.kind === 'delay') delay(transfers, Math.ceil(segment.length / NS_PER_US))
    else transfers.push(transferOf(segment))
  }
  return transfers
}

function transferOf(segment: Exclude<Segment, { kind: 'delay' }>): Transfer {
  // Zeros of our own: what a controller sends where it is given nothing is its own choice.
  if (segment.kind === 'read')
    return { out: new Uint8Array(segment.length), into: new Uint8Array(segment.length), delayUs: 0 }
  if (segment.kind === 'write') return { out: segment.bytes, delayUs: 0 }
  return { out: segment.bytes, into: new Uint8Array(segment.bytes.length), delayUs: 0 }
}

/** Goes to the transfer before it as far as it fits there, and to empty transfers else. */
function delay(transfers: Transfer[], us: number): void {
  let left = us
  while (left > 0) {
    const last = transfers.at(-1)
    const room = MAX_DELAY_US - (last?.delayUs ?? MAX_DELAY_US)
    if (last === undefined || room === 0) transfers.push({ delayUs: 0 })
    else last.delayUs += Math.min(room, left)
    left -= Math.min(room, left)
  }
}

function putTransfer(to: Buffer, { out, into, delayUs }: Transfer): void {
  to.writeBigUInt64LE(out === undefined ? 0n : addressOf(out), 0)
  to.writeBigUInt64LE(into === undefined ? 0n : addressOf(into), RX)
  to.writeUInt32LE(out?.length ?? 0, LENGTH)
  to.writeUInt16LE(delayUs, DELAY_US)
}
