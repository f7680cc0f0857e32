import { randomFillSync } from 'node:crypto'
import type { WasmMemory } from '../webassembly.ts'
import { type Guest, monotonicNs, NS_PER_MS, wallNs } from './guest.ts'

/** The module name under which WASI 0.1 is imported. */
export const PREVIEW1 = 'wasi_snapshot_preview1'

/** Error numbers of WASI 0.1. */
const SUCCESS = 0
const EBADF = 8
const EFAULT = 21
const EINVAL = 28
const ENOSYS = 52
const ESPIPE = 70

const CLOCK_REALTIME = 0
const CLOCK_MONOTONIC = 1
const FILETYPE_CHARACTER_DEVICE = 2
const RIGHTS_FD_READ = 2n
const RIGHTS_FD_WRITE = 64n
const SUBSCRIPTION_BYTES = 48
const EVENT_BYTES = 32
const EVENT_CLOCK = 0
/** More subscriptions than this in one poll are refused: nothing but clocks and three streams can be waited for. */
const MAX_SUBSCRIPTIONS = 64

/** Refused with EBADF: they take a descriptor, and a guest has none but the three standard streams. */
const withDescriptor = [
  'fd_advise',
  'fd_allocate',
  'fd_datasync',
  'fd_fdstat_set_flags',
  'fd_fdstat_set_rights',
  'fd_filestat_get',
  'fd_filestat_set_size',
  'fd_filestat_set_times',
  'fd_pread',
  'fd_prestat_dir_name',
  'fd_prestat_get',
  'fd_pwrite',
  'fd_readdir',
  'fd_renumber',
  'fd_sync',
  'path_create_directory',
  'path_filestat_get',
  'path_filestat_set_times',
  'path_link',
  'path_open',
  'path_readlink',
  'path_remove_directory',
  'path_rename',
  'path_symlink',
  'path_unlink_file',
  'sock_accept',
  'sock_recv',
  'sock_send',
  'sock_shutdown',
]
const unknownHere = ['proc_raise']

// Made at import: a worker has no such global afterwards.
const encoder = new TextEncoder()

type Call = (...args: never[]) => number
type Pointer = number

/** WASI 0.1 for one instance: arguments, environment, standard streams, clocks, random numbers; no files, no sockets. */
export function preview1(guest: Guest, memory: () => WasmMemory): Record<string, Call> {
  const calls: Record<string, Call> = {
    ...surroundings(guest, memory),
    ...streams(guest, memory),
    ...timeAndChance(memory),
    ...control(guest, memory),
  }
  for (const name of withDescriptor) calls[name] = () => EBADF
  for (const name of unknownHere) calls[name] = () => ENOSYS
  for (const [name, call] of Object.entries(calls)) calls[name] = checked(call)
  return calls
}

/** A pointer outside the memory makes DataView and Uint8Array throw RangeError: the guest gets EFAULT. */
function checked(call: Call): Call {
  return (...args) => {
    try {
      return call(...args)
    } catch (error) {
      if (error instanceof RangeError) return EFAULT
      throw error
    }
  }
}

const view = (memory: () => WasmMemory): DataView => new DataView(memory().buffer)
/** Wasm hands addresses over as signed numbers. */
const bytesAt = (memory: () => WasmMemory, at: Pointer, length: number): Uint8Array =>
  new Uint8Array(memory().buffer, at >>> 0, length >>> 0)

function surroundings(guest: Guest, memory: () => WasmMemory): Record<string, Call> {
  const env = () => guest.env.map(([name, value]) => `${name}=${value}`)
  const sizes = (texts: readonly string[], countAt: Pointer, sizeAt: Pointer) => {
    const total = texts.reduce((sum, text) => sum + encoder.encode(text).length + 1, 0)
    view(memory).setUint32(countAt >>> 0, texts.length, true)
    view(memory).setUint32(sizeAt >>> 0, total, true)
    return SUCCESS
  }
  const texts = (list: readonly string[], pointersAt: Pointer, bytesFrom: Pointer) => {
    let at = bytesFrom >>> 0
    for (const [index, text] of list.entries()) {
      const bytes = encoder.encode(`${text}\0`)
      view(memory).setUint32((pointersAt >>> 0) + index * 4, at, true)
      bytesAt(memory, at, bytes.length).set(bytes)
      at += bytes.length
    }
    return SUCCESS
  }
  return {
    args_sizes_get: (countAt: Pointer, sizeAt: Pointer) => sizes(guest.argv, countAt, sizeAt),
    args_get: (pointersAt: Pointer, bytesFrom: Pointer) => texts(guest.argv, pointersAt, bytesFrom),
    environ_sizes_get: (countAt: Pointer, sizeAt: Pointer) => sizes(env(), countAt, sizeAt),
    environ_get: (pointersAt: Pointer, bytesFrom: Pointer) => texts(env(), pointersAt, bytesFrom),
  }
}

function streams(guest: Guest, memory: () => WasmMemory): Record<string, Call> {
  const vectors = (at: Pointer, count: number): Uint8Array[] => {
    const table = view(memory)
    // One vector is 8 bytes, so more than the memory holds is an error before anything is allocated.
    if ((count >>> 0) * 8 > table.byteLength) throw new RangeError('vectors outside memory')
    return Array.from({ length: count >>> 0 }, (_, index) => {
      const entry = (at >>> 0) + index * 8
      return bytesAt(memory, table.getUint32(entry, true), table.getUint32(entry + 4, true))
    })
  }
  return {
    fd_write(fd: number, at: Pointer, count: number, writtenAt: Pointer) {
      if (fd !== 1 && fd !== 2) return EBADF
      const pieces = vectors(at, count)
      for (const piece of pieces) guest.output.write(fd === 1 ? 'stdout' : 'stderr', piece)
      view(memory).setUint32(
        writtenAt >>> 0,
        pieces.reduce((sum, piece) => sum + piece.length, 0),
        true,
      )
      return SUCCESS
    },
    fd_read(fd: number, at: Pointer, count: number, readAt: Pointer) {
      if (fd !== 0) return EBADF
      let total = 0
      for (const piece of vectors(at, count)) {
        const data = guest.read(piece.length)
        piece.set(data)
        total += data.length
      }
      view(memory).setUint32(readAt >>> 0, total, true)
      return SUCCESS
    },
    fd_fdstat_get(fd: number, at: Pointer) {
      if (fd < 0 || fd > 2) return EBADF
      const stat = bytesAt(memory, at, 24)
      stat.fill(0)
      stat[0] = FILETYPE_CHARACTER_DEVICE
      view(memory).setBigUint64((at >>> 0) + 8, fd === 0 ? RIGHTS_FD_READ : RIGHTS_FD_WRITE, true)
      return SUCCESS
    },
    fd_close: (fd: number) => (fd >= 0 && fd <= 2 ? SUCCESS : EBADF),
    fd_seek: (fd: number) => (fd >= 0 && fd <= 2 ? ESPIPE : EBADF),
    fd_tell: (fd: number) => (fd >= 0 && fd <= 2 ? ESPIPE : EBADF),
  }
}

function clockNs(id: number): bigint | undefined {
  if (id === CLOCK_REALTIME) return wallNs()
  return id === CLOCK_MONOTONIC ? monotonicNs() : undefined
}

function timeAndChance(memory: () => WasmMemory): Record<string, Call> {
  return {
    clock_time_get(id: number, _precision: bigint, at: Pointer) {
      const now = clockNs(id)
      if (now === undefined) return EINVAL
      view(memory).setBigUint64(at >>> 0, now, true)
      return SUCCESS
    },
    clock_res_get(id: number, at: Pointer) {
      if (clockNs(id) === undefined) return EINVAL
      view(memory).setBigUint64(at >>> 0, 1000n, true)
      return SUCCESS
    },
    random_get(at: Pointer, length: number) {
      randomFillSync(bytesAt(memory, at, length))
      return SUCCESS
    },
  }
}

function control(guest: Guest, memory: () => WasmMemory): Record<string, Call> {
  return {
    proc_exit: (code: number) => guest.exit(code >>> 0),
    sched_yield: () => SUCCESS,
    poll_oneoff(from: Pointer, to: Pointer, count: number, readyAt: Pointer) {
      if (count < 1 || count > MAX_SUBSCRIPTIONS) return EINVAL
      const waits = Array.from({ length: count }, (_, index) =>
        waitOf(view(memory), (from >>> 0) + index * SUBSCRIPTION_BYTES),
      )
      const shortest = Math.min(...waits.map((wait) => wait.ms))
      guest.sleep(shortest)
      const ready = waits.filter((wait) => wait.ms <= shortest)
      for (const [index, wait] of ready.entries()) writeEvent(memory, (to >>> 0) + index * EVENT_BYTES, wait)
      view(memory).setUint32(readyAt >>> 0, ready.length, true)
      return SUCCESS
    },
  }
}

type Wait = { readonly userdata: bigint; readonly type: number; readonly ms: number; readonly errno: number }

/** Streams are always ready; a clock is after its timeout. */
function waitOf(table: DataView, at: number): Wait {
  const userdata = table.getBigUint64(at, true)
  const type = table.getUint8(at + 8)
  if (type !== EVENT_CLOCK)
    return { userdata, type, ms: 0, errno: table.getUint32(at + 16, true) > 2 ? EBADF : SUCCESS }
  const now = clockNs(table.getUint32(at + 16, true))
  if (now === undefined) return { userdata, type, ms: 0, errno: EINVAL }
  const timeout = table.getBigUint64(at + 24, true)
  const absolute = (table.getUint16(at + 40, true) & 1) === 1
  const left = absolute ? timeout - now : timeout
  return { userdata, type, ms: left > 0n ? Number(left) / NS_PER_MS : 0, errno: SUCCESS }
}

function writeEvent(memory: () => WasmMemory, at: number, wait: Wait): void {
  bytesAt(memory, at, EVENT_BYTES).fill(0)
  const table = view(memory)
  table.setBigUint64(at, wait.userdata, true)
  table.setUint16(at + 8, wait.errno, true)
  table.setUint8(at + 10, wait.type)
}

/** Every name that `preview1` answers to. */
export const preview1Names: ReadonlySet<string> = new Set(
  Object.keys(preview1({} as Guest, () => ({ buffer: new ArrayBuffer(0) }))),
)
