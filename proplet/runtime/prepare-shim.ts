import { Guest } from './hosts/guest.ts'
import { preview2 } from './hosts/preview2.ts'

/** What jco's transpiler imports of the preview2 shim, from our host: it computes, it needs no files and no worker. */
const host = preview2(new Guest())

export const environment = host['wasi:cli/environment']
export const exit = host['wasi:cli/exit']
export const stdin = host['wasi:cli/stdin']
export const stdout = host['wasi:cli/stdout']
export const stderr = host['wasi:cli/stderr']
export const terminalInput = host['wasi:cli/terminal-input']
export const terminalOutput = host['wasi:cli/terminal-output']
export const terminalStdin = host['wasi:cli/terminal-stdin']
export const terminalStdout = host['wasi:cli/terminal-stdout']
export const terminalStderr = host['wasi:cli/terminal-stderr']
export const wallClock = host['wasi:clocks/wall-clock']
export const monotonicClock = host['wasi:clocks/monotonic-clock']
export const preopens = host['wasi:filesystem/preopens']
export const types = host['wasi:filesystem/types']
export const error = host['wasi:io/error']
export const poll = host['wasi:io/poll']
export const streams = host['wasi:io/streams']
export const random = host['wasi:random/random']
