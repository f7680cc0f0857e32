import koffi from 'koffi'

/** Direction bits, number and size of a request as x86, arm and arm64 have them. */
const NONE = 0
const WRITE = 1
const READ = 2

/** A request number of <asm-generic/ioctl.h>. */
const ioc = (direction: number, type: string, nr: number, size: number): number =>
  ((direction << 30) | (size << 16) | (type.charCodeAt(0) << 8) | nr) >>> 0

export const io = (type: string, nr: number): number => ioc(NONE, type, nr, 0)
export const iow = (type: string, nr: number, size: number): number => ioc(WRITE, type, nr, size)
export const ior = (type: string, nr: number, size: number): number => ioc(READ, type, nr, size)
export const iowr = (type: string, nr: number, size: number): number => ioc(READ | WRITE, type, nr, size)

// The process's own symbols: whatever C library Node runs on.
const libc = koffi.load(null)
const withPointer = libc.func('int ioctl(int fd, unsigned long request, void *argument)')
const withNumber = libc.func('int ioctl(int fd, unsigned long request, unsigned long argument)')
const pollOf = libc.func('int poll(void *fds, unsigned long count, int timeoutMs)')
const eventfdOf = libc.func('int eventfd(unsigned int initial, int flags)')

/** What the system answers: 0 or more, or a negative errno. Blocks until the kernel is done. */
export function ioctl(fd: number, request: number, argument: Buffer | number): number {
  const answer = typeof argument === 'number' ? withNumber(fd, request, argument) : withPointer(fd, request, argument)
  return answer < 0 ? -koffi.errno() : answer
}

/** `fds` holds struct pollfd; how many of them have something, or a negative errno. */
export function poll(fds: Buffer, timeoutMs: number): number {
  const answer = pollOf(fds, fds.length / POLLFD_BYTES, timeoutMs)
  return answer < 0 ? -koffi.errno() : answer
}
export const POLLFD_BYTES = 8
export const POLLIN = 1

/** A descriptor that wakes whoever polls it once 8 bytes are written to it. */
export function eventfd(): number {
  const fd = eventfdOf(0, EFD_CLOEXEC | EFD_NONBLOCK)
  if (fd < 0) throw new Error(`eventfd: errno ${koffi.errno()}`)
  return fd
}
const EFD_CLOEXEC = 0o2000000
const EFD_NONBLOCK = 0o4000

/** Bytes of a pointer in a struct that is not of fixed size. */
export const POINTER_BYTES = koffi.sizeof('void *')

/** Where a buffer lies. Its owner keeps it alive while the kernel may use the address. */
export const addressOf = (bytes: Uint8Array): bigint => (bytes.length === 0 ? 0n : koffi.address(bytes))

export function writePointer(to: Buffer, offset: number, address: bigint): void {
  if (POINTER_BYTES === 8) to.writeBigUInt64LE(address, offset)
  else to.writeUInt32LE(Number(address), offset)
}
