import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createBoardShell } from '../board-shell.ts'

/**
 * A program that is started as an image of native_sim, or as QEMU is, and has the serial shell of the agent's image: on its
 * input and output, or on the Unix socket that QEMU's flags name, with QEMU's control beside it.
 */

const args = process.argv.slice(2)
/** Of a flag as ours. */
const flag = (name: string) => args.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3)
const pattern = (name: string) => {
  const text = flag(name)
  return text === undefined ? undefined : new RegExp(text)
}
/** Of QEMU's flags: Unix sockets by their id. */
const sockets = new Map(
  args
    .filter((_, at) => args[at - 1] === '-chardev')
    .map((one) => Object.fromEntries(one.split(',').map((word) => word.split('='))) as Record<string, string>)
    .map(({ id, path }) => [id, path] as const),
)
const CRASH = 139

const cell = {
  'line1-temp': { chip: 'bme280', values: { temperature: 20, humidity: 50, pressure: 101_325 } },
  estop: { chip: 'button', values: { pressed: false } },
  lamp: { chip: 'led', values: { lit: false }, readOnly: true },
  'motor-1': { chip: 'relay', values: { closed: false }, readOnly: true },
}

let write: (bytes: string) => void = (bytes) => void process.stdout.write(bytes)

function boot() {
  return createBoardShell({
    out: {
      write(bytes: string) {
        write(bytes)
        return true
      },
    },
    cell,
    hangsAt: pattern('hangs-at'),
    restarted(settings) {
      const told = flag('told')
      if (told !== undefined) writeFileSync(told, JSON.stringify(Object.fromEntries(settings)))
      setImmediate(() => write('*** Booting Zephyr OS build v4.3.0 ***\r\n'))
    },
  })
}

const diesAt = pattern('dies-at')
let heard = ''
function hear(board: ReturnType<typeof boot>, bytes: Buffer): void {
  heard += bytes.toString()
  if (diesAt?.test(heard)) {
    process.stderr.write('Segmentation fault\n')
    process.exit(CRASH)
  }
  board.hear(bytes)
  cell.lamp.values.lit = cell.estop.values.pressed
  cell['motor-1'].values.closed = cell['line1-temp'].values.temperature < 20
  // The log comes when it likes.
  if (heard.includes('cell read')) board.log('a line of the log')
}

function serveSerial(path: string): void {
  createServer((socket) => {
    write = (bytes) => void socket.write(bytes)
    socket.on('error', () => socket.destroy())
    const board = boot()
    socket.on('data', (bytes: Buffer) => hear(board, bytes))
  }).listen(path)
}

/** QEMU's control: it waits for `cont`, and ends at `quit`. */
function serveControl(path: string): void {
  createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.write('{"QMP": {"version": {"qemu": {"major": 7}}, "capabilities": []}}\r\n')
    let rest = ''
    socket.on('data', (bytes: Buffer) => {
      const lines = (rest + bytes).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const { execute, id } = JSON.parse(line) as { execute: string; id: number }
        socket.write('{"timestamp": {"seconds": 1, "microseconds": 0}, "event": "RESUME"}\r\n')
        const known = ['qmp_capabilities', 'cont', 'quit', 'system_reset'].includes(execute)
        const error = { class: 'CommandNotFound', desc: `The command ${execute} has not been found` }
        socket.write(`${JSON.stringify(known ? { return: {}, id } : { error, id })}\r\n`)
        if (execute === 'quit') setImmediate(() => process.exit(0))
      }
    })
  }).listen(path)
}

const serial = sockets.get('serial')
const qmp = sockets.get('qmp')
if (serial && qmp) {
  serveSerial(serial)
  serveControl(qmp)
} else {
  const board = boot()
  process.stdin.on('data', (bytes: Buffer) => hear(board, bytes))
}
