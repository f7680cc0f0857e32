import type { Answer, Segment } from '../../../../shared/bus.ts'
import { failed } from './errno.ts'
import { addressOf, ioctl, POINTER_BYTES, writePointer } from './ioctl.ts'

const I2C_SMBUS = 0x0720
const WRITE = 0
const READ = 1

/** What an adapter may say it can do: <linux/i2c.h>, I2C_FUNC_SMBUS_*. */
const QUICK = 0x0001_0000
const READ_BYTE = 0x0002_0000
const WRITE_BYTE = 0x0004_0000
const READ_BYTE_DATA = 0x0008_0000
const WRITE_BYTE_DATA = 0x0010_0000
const READ_WORD_DATA = 0x0020_0000
const WRITE_WORD_DATA = 0x0040_0000
const PROC_CALL = 0x0080_0000
const WRITE_BLOCK_DATA = 0x0200_0000
const READ_I2C_BLOCK = 0x0400_0000
const WRITE_I2C_BLOCK = 0x0800_0000

/** Kinds of call: I2C_SMBUS_QUICK and so on. */
const kinds = { quick: 0, byte: 1, byteData: 2, wordData: 3, procCall: 4, blockData: 5, i2cBlock: 8 } as const
const MAX_BLOCK = 32
/** union i2c_smbus_data. */
const DATA_BYTES = MAX_BLOCK + 2
/** struct i2c_smbus_ioctl_data: direction, command, kind at 4, pointer at 8. */
const REQUEST_BYTES = 8 + POINTER_BYTES

/** A call that puts exactly the bytes of a transfer on the wire. */
export type SmbusCall = {
  readonly needs: number
  readonly kind: number
  readonly direction: typeof WRITE | typeof READ
  readonly command: number
  /** What goes into the union. */
  readonly data: readonly number[]
  /** Bytes of the answer, at this place in the union. */
  readonly answerAt: number
  readonly answerLength: number
}

export interface Smbus {
  transfer(segments: readonly Segment[]): Answer
}

/** For adapters that know no raw transfers: a transfer goes out as the SMBus call that looks the same on the wire. */
export function createSmbus(fd: number, functions: number): Smbus {
  const data = Buffer.alloc(DATA_BYTES)
  const request = Buffer.alloc(REQUEST_BYTES)
  writePointer(request, 8, addressOf(data))

  return {
    transfer(segments) {
      const call = smbusCallOf(segments, functions)
      if (call === undefined)
        return { error: 'unsupported', detail: 'the adapter knows SMBus only, and no call of its looks like this' }
      request.writeUInt8(call.direction, 0)
      request.writeUInt8(call.command, 1)
      request.writeUInt32LE(call.kind, 4)
      data.fill(0).set(call.data)
      const answer = ioctl(fd, I2C_SMBUS, request)
      if (answer < 0) return failed('i2c', answer)
      return { data: answerOf(call, data) }
    },
  }
}

function answerOf(call: SmbusCall, data: Buffer): Uint8Array[] {
  if (call.answerLength === 0) return []
  return [new Uint8Array(data.subarray(call.answerAt, call.answerAt + call.answerLength))]
}

/** The first call of the adapter that does it, the shortest first. */
export function smbusCallOf(segments: readonly Segment[], functions: number): SmbusCall | undefined {
  return candidates(segments).find((call) => (functions & call.needs) !== 0)
}

function candidates(segments: readonly Segment[]): SmbusCall[] {
  const [first, second, ...rest] = segments
  if (first === undefined || rest.length > 0) return []
  if (first.kind === 'read') return second === undefined ? readAlone(first.length) : []
  if (first.kind !== 'write') return []
  if (second === undefined) return writes([...first.bytes])
  return second.kind === 'read' ? writeThenRead([...first.bytes], second.length) : []
}

const nothing = { command: 0, data: [], answerAt: 0, answerLength: 0 } as const

const readAlone = (length: number): SmbusCall[] =>
  length === 1 ? [{ ...nothing, needs: READ_BYTE, kind: kinds.byte, direction: READ, answerLength: 1 }] : []

function writes(bytes: readonly number[]): SmbusCall[] {
  const [command, ...data] = bytes
  if (command === undefined) return [{ ...nothing, needs: QUICK, kind: kinds.quick, direction: WRITE }]
  const base = { ...nothing, direction: WRITE, command, data } as const
  const calls: SmbusCall[] = []
  if (data.length === 0) calls.push({ ...base, needs: WRITE_BYTE, kind: kinds.byte })
  if (data.length === 1) calls.push({ ...base, needs: WRITE_BYTE_DATA, kind: kinds.byteData })
  if (data.length === 2) calls.push({ ...base, needs: WRITE_WORD_DATA, kind: kinds.wordData })
  if (data.length >= 1 && data.length <= MAX_BLOCK)
    calls.push({ ...base, needs: WRITE_I2C_BLOCK, kind: kinds.i2cBlock, data: [data.length, ...data] })
  // A block of SMBus carries its length on the wire: right only where the bytes begin with it anyway.
  if (data.length >= 2 && data.length <= MAX_BLOCK + 1 && data[0] === data.length - 1)
    calls.push({ ...base, needs: WRITE_BLOCK_DATA, kind: kinds.blockData })
  return calls
}

function writeThenRead(bytes: readonly number[], length: number): SmbusCall[] {
  const [command = 0, ...data] = bytes
  const base = { direction: READ, command, data, answerAt: 0, answerLength: length } as const
  if (bytes.length === 3 && length === 2) return [{ ...base, needs: PROC_CALL, kind: kinds.procCall, direction: WRITE }]
  if (bytes.length !== 1) return []
  const calls: SmbusCall[] = []
  if (length === 1) calls.push({ ...base, needs: READ_BYTE_DATA, kind: kinds.byteData })
  if (length === 2) calls.push({ ...base, needs: READ_WORD_DATA, kind: kinds.wordData })
  if (length <= MAX_BLOCK)
    calls.push({ ...base, needs: READ_I2C_BLOCK, kind: kinds.i2cBlock, data: [length], answerAt: 1 })
  return calls
}
