import type { Answer, Segment } from '../../../../shared/bus.ts'
import { failed } from './errno.ts'
import { addressOf, ioctl, POINTER_BYTES, writePointer } from './ioctl.ts'

const I2C_RDWR = 0x0707
const I2C_M_RD = 0x0001
const I2C_M_TEN = 0x0010
/** Limits of i2c-dev. */
const MAX_MESSAGES = 42
const MAX_MESSAGE_BYTES = 8192

/** struct i2c_msg: address, flags and length of 16 bits each, then a pointer at 8. */
const MSG_BYTES = 8 + POINTER_BYTES
const MSG_BUFFER = 8
/** struct i2c_rdwr_ioctl_data: a pointer and a count. */
const RDWR_BYTES = 2 * POINTER_BYTES

export interface RawTransfers {
  /** One start, one repeated start before each further segment, one stop. */
  transfer(address: number, tenBit: boolean, segments: readonly Segment[]): Answer
}

export function createRawTransfers(fd: number): RawTransfers {
  const messages = Buffer.alloc(MAX_MESSAGES * MSG_BYTES)
  const request = Buffer.alloc(RDWR_BYTES)
  writePointer(request, 0, addressOf(messages))

  return {
    transfer(address, tenBit, segments) {
      const tooMuch = refusal(segments)
      if (tooMuch !== undefined) return { error: 'unsupported', detail: tooMuch }
      const buffers = segments.map(bufferOf)
      segments.forEach((segment, i) => {
        const flags = (segment.kind === 'read' ? I2C_M_RD : 0) | (tenBit ? I2C_M_TEN : 0)
        putMessage(messages, i, { address, flags, buffer: buffers[i] as Uint8Array })
      })
      request.writeUInt32LE(segments.length, POINTER_BYTES)
      const answer = ioctl(fd, I2C_RDWR, request)
      if (answer < 0) return failed('i2c', answer)
      if (answer < segments.length)
        return { error: 'io', detail: `the adapter did ${answer} of ${segments.length} messages` }
      return { data: buffers.filter((_, i) => segments[i]?.kind === 'read') }
    },
  }
}

function refusal(segments: readonly Segment[]): string | undefined {
  if (segments.length > MAX_MESSAGES) return `${segments.length} messages are more than the ${MAX_MESSAGES} of i2c-dev`
  const longest = Math.max(...segments.map(lengthOf))
  return longest > MAX_MESSAGE_BYTES ? `${longest} bytes are more than the ${MAX_MESSAGE_BYTES} of i2c-dev` : undefined
}

const lengthOf = (segment: Segment): number => ('bytes' in segment ? segment.bytes.length : segment.length)

const bufferOf = (segment: Segment): Uint8Array => ('bytes' in segment ? segment.bytes : new Uint8Array(segment.length))

type Message = { readonly address: number; readonly flags: number; readonly buffer: Uint8Array }

function putMessage(to: Buffer, index: number, { address, flags, buffer }: Message): void {
  const at = index * MSG_BYTES
  to.writeUInt16LE(address, at)
  to.writeUInt16LE(flags, at + 2)
  to.writeUInt16LE(buffer.length, at + 4)
  writePointer(to, at + MSG_BUFFER, addressOf(buffer))
}
