import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** How QEMU plays mps2/an385, for tests and for the benchmark. */

export const QEMU = 'qemu-system-arm'
export const TARGET = 'mps2/an385'
/** This machine's loopback, as QEMU's user network has it. */
export const HOST = '10.0.2.2'
const MEMORY_BYTES = 16 * 1024 * 1024

/** A file for the memory that flash is simulated in; it outlives QEMU. */
export function makeMemory(file: string): void {
  writeFileSync(file, '')
  truncateSync(file, MEMORY_BYTES)
}

export type Networked = {
  /** Of the image. */
  readonly folder: string
  readonly memory: string
  /** Where the socket of its serial line will be. */
  readonly serial: string
  readonly more?: readonly string[]
}

/** Arguments of bash: QEMU opens its log by name, which a pipe has and what Node gives it has not. */
export const networked = ({ folder, memory, serial, more = [] }: Networked): readonly string[] => [
  ...['-c', 'exec "$0" "$@" > >(exec cat)', QEMU],
  ...['-machine', 'mps2-an385,memory-backend=flash', '-m', `${MEMORY_BYTES}B`],
  ...['-object', `memory-backend-file,id=flash,size=${MEMORY_BYTES}B,mem-path=${memory},share=on`],
  ...['-nic', 'user,model=lan9118', '-display', 'none', '-monitor', 'none'],
  // All that it says is also what the program prints.
  ...['-chardev', `socket,id=line,path=${serial},server=on,wait=off,logfile=/dev/stdout`, '-serial', 'chardev:line'],
  ...['-kernel', join(folder, 'zephyr.elf'), ...more],
]

/** Arguments of QEMU for an image that says what it says, in time that is what instructions take: 64 ns each. */
export const counted = (folder: string): readonly string[] => [
  ...['-machine', 'mps2-an385', '-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
  ...['-icount', 'shift=6,align=off,sleep=off', '-kernel', join(folder, 'zephyr.elf')],
]
