import { randomFillSync } from 'node:crypto'

/**
 * What the component tools import of WASI. They compute and nothing else, so they are given randomness for their hash
 * tables and an empty world; the real shim would start a worker with files and network.
 */

const refuse = (): never => {
  throw new Error('not available to the component tools')
}
class Handle {}

export const environment = { getEnvironment: () => [], getArguments: () => [], initialCwd: () => undefined }
export const exit = { exit: refuse, exitWithCode: refuse }
export const stdin = { getStdin: refuse }
export const stdout = { getStdout: refuse }
export const stderr = { getStderr: refuse }
export const terminalInput = { TerminalInput: Handle }
export const terminalOutput = { TerminalOutput: Handle }
export const terminalStdin = { getTerminalStdin: () => undefined }
export const terminalStdout = { getTerminalStdout: () => undefined }
export const terminalStderr = { getTerminalStderr: () => undefined }
export const wallClock = { now: () => ({ seconds: 0n, nanoseconds: 0 }) }
export const monotonicClock = { now: () => 0n }
export const preopens = { getDirectories: () => [] }
export const types = { Descriptor: Handle, DirectoryEntryStream: Handle, filesystemErrorCode: refuse }
export const error = { Error: Handle }
export const poll = { Pollable: Handle, poll: refuse }
export const streams = { InputStream: Handle, OutputStream: Handle }
export const random = {
  getRandomBytes: (count: bigint) => randomFillSync(new Uint8Array(Number(count))),
  getRandomU64: () => randomFillSync(new BigUint64Array(1))[0],
}
