import { randomFillSync } from 'node:crypto'
import { freezeInterfaces, type Interface } from './freeze.ts'
import { type Guest, monotonicNs, wallNs } from './guest.ts'
import { InputStream, IoError, OutputStream, Pollable, poll } from './preview2-io.ts'

const NS_PER_S = 1_000_000_000n
/** Most random bytes that one call may ask for. */
const MAX_RANDOM_BYTES = 1024n * 1024n

/**
 * WASI 0.2 for the components of one worker, by interface without version: jco asks so, and all of 0.2.x is compatible.
 * Files and sockets are there so that what links them can start, but nothing of them can be opened.
 */
export function preview2(guest: Guest): Readonly<Record<string, Interface>> {
  return freezeInterfaces({
    ...cli(guest),
    ...clocks(guest),
    ...random(),
    ...io(guest),
    ...filesystem(),
    ...sockets(),
  })
}

function cli(guest: Guest): Record<string, Interface> {
  // Constructed by nobody: the standard streams are no terminals.
  class TerminalInput {}
  class TerminalOutput {}
  return {
    'wasi:cli/environment': {
      getArguments: () => [...guest.argv],
      getEnvironment: () => guest.env.map(([name, value]) => [name, value]),
      initialCwd: () => undefined,
    },
    'wasi:cli/exit': {
      exit: (status: { readonly tag: string }) => guest.exit(status.tag === 'ok' ? 0 : 1),
      exitWithCode: (code: number) => guest.exit(code),
    },
    'wasi:cli/stdin': { getStdin: () => new InputStream(guest) },
    'wasi:cli/stdout': { getStdout: () => new OutputStream(guest, 'stdout') },
    'wasi:cli/stderr': { getStderr: () => new OutputStream(guest, 'stderr') },
    'wasi:cli/terminal-input': { TerminalInput },
    'wasi:cli/terminal-output': { TerminalOutput },
    'wasi:cli/terminal-stdin': { getTerminalStdin: () => undefined },
    'wasi:cli/terminal-stdout': { getTerminalStdout: () => undefined },
    'wasi:cli/terminal-stderr': { getTerminalStderr: () => undefined },
  }
}

function clocks(guest: Guest): Record<string, Interface> {
  const datetime = (ns: bigint) => ({ seconds: ns / NS_PER_S, nanoseconds: Number(ns % NS_PER_S) })
  return {
    'wasi:clocks/wall-clock': { now: () => datetime(wallNs()), resolution: () => datetime(1000n) },
    'wasi:clocks/monotonic-clock': {
      now: monotonicNs,
      resolution: () => 1000n,
      subscribeInstant: (at: bigint) => new Pollable(guest, at),
      subscribeDuration: (ns: bigint) => new Pollable(guest, monotonicNs() + ns),
    },
  }
}

function random(): Record<string, Interface> {
  const bytes = (length: bigint) => {
    if (length > MAX_RANDOM_BYTES) throw new Error(`${length} random bytes, at most ${MAX_RANDOM_BYTES} allowed`)
    return randomFillSync(new Uint8Array(Number(length)))
  }
  const u64 = () => randomFillSync(new BigUint64Array(1))[0]
  return {
    'wasi:random/random': { getRandomBytes: bytes, getRandomU64: u64 },
    'wasi:random/insecure': { getInsecureRandomBytes: bytes, getInsecureRandomU64: u64 },
    'wasi:random/insecure-seed': { insecureSeed: () => [u64(), u64()] },
  }
}

function io(guest: Guest): Record<string, Interface> {
  return {
    'wasi:io/error': { Error: IoError },
    'wasi:io/poll': { Pollable, poll: (list: readonly Pollable[]) => poll(guest, list) },
    'wasi:io/streams': { InputStream, OutputStream },
  }
}

function filesystem(): Record<string, Interface> {
  // Without a preopened directory nobody can ever hold one of these.
  class Descriptor {}
  class DirectoryEntryStream {}
  return {
    'wasi:filesystem/preopens': { getDirectories: () => [] },
    'wasi:filesystem/types': { Descriptor, DirectoryEntryStream, filesystemErrorCode: () => undefined },
  }
}

function sockets(): Record<string, Interface> {
  class Network {}
  class TcpSocket {}
  class UdpSocket {}
  class IncomingDatagramStream {}
  class OutgoingDatagramStream {}
  class ResolveAddressStream {}
  const denied = () => {
    throw 'access-denied'
  }
  return {
    'wasi:sockets/instance-network': { instanceNetwork: () => new Network() },
    'wasi:sockets/network': { Network, networkErrorCode: () => undefined },
    'wasi:sockets/tcp': { TcpSocket },
    'wasi:sockets/tcp-create-socket': { createTcpSocket: denied },
    'wasi:sockets/udp': { UdpSocket, IncomingDatagramStream, OutgoingDatagramStream },
    'wasi:sockets/udp-create-socket': { createUdpSocket: denied },
    'wasi:sockets/ip-name-lookup': { ResolveAddressStream, resolveAddresses: denied },
  }
}

/** Every interface that `preview2` has. */
export const preview2Names: ReadonlySet<string> = new Set(Object.keys(preview2({} as Guest)))
