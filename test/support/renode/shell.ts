import { createServer, type Server, type Socket } from 'node:net'
import { Monitor, type Outside, type Printer } from './monitor.ts'

/**
 * A monitor on a TCP port, as `renode --disable-gui --port N` has one: telnet's first words, one client at a time, every
 * key echoed, a prompt in colour, and what was said while nobody listened kept for whoever comes.
 */

/** DO BINARY, DO NAWS, WILL ECHO, WILL SUPPRESS-GO-AHEAD, WONT LINEMODE. */
const FIRST_WORDS = Buffer.of(255, 253, 0, 255, 253, 31, 255, 251, 1, 255, 251, 3, 255, 252, 34)
const IAC = 255
const CSI = '\u001b['
const BANNER = 'Renode, version 1.16.1.0 (00000000-202608211448)'

export type FakeShell = { readonly monitor: Monitor; readonly port: number; close(): void }

export type ShellOptions = {
  readonly port: number
  readonly outside: Outside
  /** Commands that are never answered. */
  readonly hangsAt?: RegExp
  /** How many lines are lost before it listens. */
  readonly deafTo?: number
}

export async function openShell({ port, outside, hangsAt, deafTo = 0 }: ShellOptions): Promise<FakeShell> {
  const waiting: Buffer[] = []
  let client: Socket | undefined
  let line = ''
  let lost = deafTo
  const send = (text: string) => {
    const bytes = escaped(Buffer.from(text, 'utf8'))
    if (client && !client.destroyed) client.write(bytes)
    else waiting.push(bytes)
  }
  const printer: Printer = {
    write: (text, color) => send(color === undefined ? text : `${CSI}${color}m${text}${CSI}0m`),
    each(text, color) {
      for (const character of text) {
        if (character === '\n') this.write('\r', color)
        this.write(character, color)
      }
    },
  }
  const monitor = new Monitor(printer, outside)
  const prompt = () => printer.write(monitor.prompt.text, monitor.prompt.color)

  function enter(): void {
    const command = line
    line = ''
    send('\n\r')
    if (lost > 0 && command !== '') {
      lost--
      return
    }
    if (hangsAt?.test(command)) return
    if (command !== '') monitor.parse(command)
    prompt()
  }

  function key(character: string): void {
    if (character === '\r' || character === '\n') enter()
    else if (character === '\u0003') {
      line = ''
      send('^C\n\r')
      prompt()
    } else if (character >= ' ') {
      line += character
      send(character)
    }
  }

  send(`${CSI}0m\n${BANNER}\n\r\n\r`)
  prompt()
  const next: Socket[] = []
  function serve(socket: Socket): void {
    client = socket
    socket.setNoDelay(true)
    socket.write(FIRST_WORDS)
    for (const bytes of waiting.splice(0)) socket.write(bytes)
    socket.on('data', (bytes: Buffer) => {
      for (const character of withoutTelnet(bytes).toString('utf8')) key(character)
    })
    socket.on('close', () => {
      client = undefined
      const other = next.shift()
      if (other) serve(other)
    })
  }
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    // Who comes second is heard when the first one is gone.
    if (client) next.push(socket)
    else serve(socket)
  })
  await listening(server, port)
  return {
    monitor,
    port: (server.address() as { port: number }).port,
    close() {
      for (const socket of [client, ...next]) socket?.destroy()
      server.close()
    },
  }
}

const escaped = (bytes: Buffer): Buffer =>
  Buffer.from([...bytes].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte])))

/** Clients may answer telnet's questions. */
function withoutTelnet(bytes: Buffer): Buffer {
  const kept: number[] = []
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== IAC) kept.push(bytes[at] as number)
    else at += 2
  }
  return Buffer.from(kept)
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '0.0.0.0', resolve)
  })
}
