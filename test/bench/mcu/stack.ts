import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'

/**
 * How deep the threads of that name have ever been below where they wait now, in bytes. The system gives stacks full of
 * zeros; what is something else was written. Undefined where this process may not look.
 */
export function stackDepths(pid: number, name: string): number[] | undefined {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map((thread) => `/proc/${pid}/task/${thread}`)
      .filter((thread) => readFileSync(`${thread}/comm`, 'utf8').trim() === name)
      .map((thread) => depthBelow(pid, stackPointer(thread)))
  } catch {
    return undefined
  }
}

/** Of a thread that waits: the last but one of what its call to the system shows. */
const stackPointer = (thread: string): number =>
  Number(readFileSync(`${thread}/syscall`, 'utf8').trim().split(' ').at(-2))

function depthBelow(pid: number, pointer: number): number {
  const begin = mappingsOf(pid).findLast((start) => start <= pointer) ?? pointer
  const written = readMemory(pid, begin, pointer - begin).findIndex((byte) => byte !== 0)
  return written < 0 ? 0 : pointer - begin - written
}

const mappingsOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/maps`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => Number.parseInt(line.split('-')[0] ?? '', 16))

function readMemory(pid: number, at: number, length: number): Buffer {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  try {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, readSync(memory, bytes, 0, length, at))
  } finally {
    closeSync(memory)
  }
}
