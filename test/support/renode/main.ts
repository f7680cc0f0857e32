import { createServer, type Socket } from 'node:net'
import { parseArgs } from 'node:util'
import mqtt from 'mqtt'
import { createBoardShell } from '../board-shell.ts'
import type { Machine } from './monitor.ts'
import { openShell } from './shell.ts'

/**
 * A program that is started as `renode` is and answers as it does, for those who have none. The image that it loads does
 * what a small cell would: its lamp shines while the button is held, its relay closes in the cold, and once it has been
 * told a broker it connects there.
 */

const { values } = parseArgs({
  options: {
    'disable-gui': { type: 'boolean' },
    port: { type: 'string', default: '1234' },
    /** Commands at which it crashes, or says nothing any more; the same of its board's shell; lines that it loses first. */
    'dies-at': { type: 'string' },
    'hangs-at': { type: 'string' },
    'board-hangs-at': { type: 'string' },
    deaf: { type: 'string', default: '0' },
  },
})
const pattern = (text: string | undefined) => (text === undefined ? undefined : new RegExp(text))

const COLD = 20
const STEP_MS = 20
const CRASH = 134

const terminals = new Map<string, { hear?: (bytes: Buffer) => void; socket?: Socket | undefined }>()

/** The image, once the emulation runs. */
function runImage({ models, wires }: Machine): void {
  const bme280 = models.get('sysbus.i2c1.bme280')
  wires.hear('gpioPortC@13', (level) => wires.set('gpioPortB@0', level))
  setInterval(() => wires.set('gpioPortE@1', Number(bme280?.properties.Temperature?.get() ?? COLD) < COLD), STEP_MS)
  for (const terminal of terminals.values()) {
    const board = createBoardShell({
      out: { write: (text) => terminal.socket?.write(text as string) ?? false },
      restarted: join,
      hangsAt: pattern(values['board-hangs-at']),
    })
    terminal.hear = board.hear
  }
}

function join(settings: ReadonlyMap<string, string>): void {
  const [id, token] = [settings.get('id') ?? '', settings.get('token')]
  const url = `mqtt://${settings.get('host')}:${settings.get('port')}`
  mqtt
    .connect(url, { clientId: id, username: id, ...(token !== undefined && { password: token }) })
    .on('error', () => undefined)
}

function terminal(name: string, port: number): void {
  const one: { hear?: (bytes: Buffer) => void; socket?: Socket | undefined } = {}
  terminals.set(name, one)
  createServer((socket) => {
    one.socket = socket
    socket.on('data', (bytes: Buffer) => one.hear?.(bytes))
    socket.on('error', () => socket.destroy())
  }).listen(port, '0.0.0.0')
}

const diesAt = pattern(values['dies-at'])
const hangsAt = pattern(values['hangs-at'])
const shell = await openShell({
  port: Number(values.port),
  deafTo: Number(values.deaf),
  ...(hangsAt && { hangsAt }),
  outside: {
    terminal,
    connect: () => undefined,
    tap: () => undefined,
    started: runImage,
    quit: () => setImmediate(() => process.exit(0)),
  },
})
const parse = shell.monitor.parse.bind(shell.monitor)
shell.monitor.parse = (line) => {
  if (diesAt?.test(line)) {
    process.stderr.write('Fatal error: the emulation has crashed\n')
    process.exit(CRASH)
  }
  return parse(line)
}
