import { connect, createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openMonitor } from '../../../../proplet/lab/boards/monitor.ts'
import { type Line, MonitorReader } from '../../../../proplet/lab/boards/monitor-reader.ts'
import { realClock } from '../../../../shared/clock.ts'
import { openShell, type ShellOptions } from '../../../support/renode/shell.ts'

const platform = new URL('../../../../firmware/renode/nucleo_h753zi.repl', import.meta.url).pathname
const nowhere = { terminal() {}, connect() {}, tap() {}, started() {}, quit() {} }

async function client(options: Partial<ShellOptions> & { limitMs?: number; startMs?: number } = {}) {
  const { limitMs, startMs, ...rest } = options
  const shell = await openShell({ port: 0, outside: nowhere, ...rest })
  onTestFinished(() => shell.close())
  const monitor = await openMonitor(connect({ host: '127.0.0.1', port: shell.port }), {
    clock: realClock,
    ...(limitMs && { limitMs }),
    ...(startMs && { startMs }),
  })
  onTestFinished(() => monitor.close())
  return { shell, monitor, run: (command: string) => monitor.run(command) }
}

async function board(options: Partial<ShellOptions> & { limitMs?: number } = {}) {
  const one = await client(options)
  await one.run('mach create "mcu-1"')
  await one.run(`machine LoadPlatformDescription @${platform}`)
  return one
}

describe('what the monitor says', () => {
  const red = (text: string) => `\u001b[91m${text}\u001b[0m`
  const yellow = (text: string) => `\u001b[33m${text}\u001b[0m`
  const talk = [
    '\u001b[0m\nRenode, version 1.16.1.0\n\r\n\r',
    red('(monitor) '),
    'mach create "a"\n\r',
    yellow('(a) '),
    'sysbus.i2c1.bme280 Temperature\n\r22.5\r\r\n',
    yellow('(a) '),
    'sysbus.foo Bar\n\r',
    red("There was an error executing command 'sysbus.foo Bar': \r\n"),
    red('Could not find device sysbus.foo.\r\n'),
    yellow('(a) '),
    'echo -n "é (not) a prompt (a) "\n\ré (not) a prompt (a) ',
    yellow('(a) '),
    // Each character in a colour of its own, as for help and for the last words.
    ...[...'green'].map((letter) => `\u001b[92m${letter}\u001b[0m`),
    '\r\n\r',
    red('(monitor) '),
  ]
  const bytes = Buffer.concat([
    Buffer.of(255, 253, 0, 255, 253, 31, 255, 251, 1, 255, 251, 3, 255, 252, 34),
    Buffer.from(talk.join('')),
    // Telnet's own: a byte 255 of the text, a subnegotiation, an answer, and a word of one byte.
    Buffer.of(255, 250, 31, 0, 80, 255, 255, 24, 255, 240, 255, 241),
    Buffer.from(`bye\n\r${yellow('(a) ')}`),
  ])
  const plain = (lines: readonly Line[]) => lines.map(({ text, isError }) => (isError ? `! ${text}` : text))
  const expected = [
    ['', 'Renode, version 1.16.1.0', ''],
    ['mach create "a"'],
    ['sysbus.i2c1.bme280 Temperature', '22.5'],
    [
      'sysbus.foo Bar',
      "! There was an error executing command 'sysbus.foo Bar': ",
      '! Could not find device sysbus.foo.',
    ],
    ['echo -n "é (not) a prompt (a) "', 'é (not) a prompt (a) '],
    ['green'],
    ['bye'],
  ]

  test('comes apart at its prompts, with errors told by their colour', () => {
    expect(new MonitorReader().push(bytes).map(plain)).toEqual(expected)
  })

  test('comes apart at the same places, however the stream was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 }), (cuts) => {
        const reader = new MonitorReader()
        const replies: Line[][] = []
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const end = at + (cuts[turn % cuts.length] as number)
          replies.push(...reader.push(bytes.subarray(at, end)))
          at = end
        }
        expect(replies.map(plain)).toEqual(expected)
      }),
      { numRuns: 200 },
    )
  })

  test('is bounded: a reply without an end is refused', () => {
    const reader = new MonitorReader()
    expect(() => {
      for (let count = 0; count < 20; count++) reader.push(Buffer.alloc(100_000, 0x61))
    }).toThrow(/more than 1048576 characters in one reply/)
  })

  test('has no end before the prompt is whole', () => {
    const reader = new MonitorReader()
    expect(reader.push(Buffer.from('\n\r\u001b[33m(a) '))).toEqual([])
    expect(reader.push(Buffer.from('\u001b[0'))).toEqual([])
    expect(reader.push(Buffer.from('m'))).toHaveLength(1)
  })
})

describe('a monitor', () => {
  test('answers a command with what it printed', async () => {
    const { run } = await client()
    expect(await run('echo "one; two"')).toEqual(['one; two'])
    expect(await run('$speed=3')).toEqual([])
  })

  test('has another prompt with a machine, which is no answer', async () => {
    const { run } = await board()
    expect(await run('echo "there"')).toEqual(['there'])
  })

  test.each([
    ['i2c1.bme280 Temperature -12.5', 'sysbus.i2c1.bme280 Temperature', '-12.5'],
    ['sysbus.i2c1.bme280 Humidity 23.4', 'sysbus.i2c1.bme280 Humidity', '23.399999618530273'],
    ['sysbus.gpioPortC.UserButton1 Press', 'sysbus.gpioPortC.UserButton1 Pressed', 'True'],
    // Nobody sets a LED but its line: the monitor reads it in place of that, and says nothing more.
    ['sysbus.gpioPortB.GreenLED State true', 'sysbus.gpioPortB.GreenLED State', 'False'],
  ])('%j, then %j is %s', async (set, get, value) => {
    const { run } = await board()
    await run(set)
    expect(await run(get)).toEqual([value])
  })

  test.each([
    ['sysbus.spi1.lm74 Temperature 200', 'The temperature value must be between -55 and 150.'],
    ['sysbus.spi1.lm75 Temperature', 'Could not find device sysbus.spi1.lm75, the longest match is sysbus'],
    ['sysbus.spi1.lm74 Colour', 'does not provide a field, method or property Colour'],
    ['sysbus.i2c1.bme280 Temperature true', 'Could not convert true to System.Decimal'],
    ['gremlin', 'No such command or device: gremlin'],
    ['i2c1.bme280 Temperature }', 'Could not tokenize here:'],
    ['mach create', 'Bad parameters for command mach create'],
    ['machine LoadPlatformDescription $nobody', 'No such variable: $nobody'],
  ])('%j fails in its own words', async (command, words) => {
    const { run } = await board()
    await expect(run(command)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining(words),
    })
    // The next one is answered.
    expect(await run('echo "still"')).toEqual(['still'])
  })

  test('many at a time are answered in their order', async () => {
    const { run } = await client()
    const words = Array.from({ length: 40 }, (_, at) => `${at}`)
    expect(await Promise.all(words.map((word) => run(`echo "${word}"`)))).toEqual(words.map((word) => [word]))
  })

  test('more than 64 that wait are refused, those that wait are answered', async () => {
    const { run } = await client()
    const all = await Promise.allSettled(Array.from({ length: 80 }, (_, at) => run(`echo "${at}"`)))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(65)
    expect(all.at(-1)).toMatchObject({ reason: { code: 'RESOURCE_EXHAUSTED' } })
  })

  test.each([
    ['of two lines', 'echo "a\nb"'],
    ['with a tab, which completes', 'echo "\t"'],
    ['with an arrow key', 'echo "\u001b[A"'],
    ['without a word', ''],
    ['that is too long', 'x'.repeat(5_000)],
  ])('a command %s is none', async (_, command) => {
    const { run } = await client()
    await expect(run(command)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})

describe('a monitor that is slow, or gone', () => {
  test('is greeted again where it was deaf at first', async () => {
    const { run } = await client({ deafTo: 1 })
    expect(await run('echo "well"')).toEqual(['well'])
  })

  test('does not see half a line that somebody left', async () => {
    const shell = await openShell({ port: 0, outside: nowhere })
    onTestFinished(() => shell.close())
    const before = connect({ host: '127.0.0.1', port: shell.port })
    await new Promise<void>((resolve) => {
      before.write('half a li')
      before.on('data', (bytes: Buffer) => bytes.includes('li') && resolve())
    })
    before.destroy()
    const monitor = await openMonitor(connect({ host: '127.0.0.1', port: shell.port }), { clock: realClock })
    onTestFinished(() => monitor.close())
    expect(await monitor.run('echo "whole"')).toEqual(['whole'])
  })

  test('that never answers one command is given up on, and the next one waits no longer than its limit', async () => {
    const { run } = await client({ hangsAt: /forever/, limitMs: 300 })
    await expect(run('echo "forever"')).rejects.toThrow(/no answer to "echo \\"forever\\"" within 300 ms/)
    await expect(run('echo "after"')).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  })

  test('that answers late does not answer the next command with that', async () => {
    const { port, say } = await scripted()
    const opening = openMonitor(connect({ host: '127.0.0.1', port }), { clock: realClock, limitMs: 500 })
    const { heard, write } = await say
    write(`\u001b[91m(monitor) \u001b[0m^C\n\rsamara-1\r\n\u001b[91m(monitor) \u001b[0m`)
    const monitor = await opening
    onTestFinished(() => monitor.close())
    await expect(monitor.run('first')).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    const second = monitor.run('second')
    write('first\n\r1\r\n\u001b[91m(monitor) \u001b[0m')
    await heard(/second\r/)
    write('second\n\r2\r\n\u001b[91m(monitor) \u001b[0m')
    expect(await second).toEqual(['2'])
  })

  test('that hangs up fails all that waits, and says so once', async () => {
    const { shell, monitor, run } = await client({ hangsAt: /forever/ })
    const waiting = [run('echo "forever"'), run('echo "never"')]
    const why = new Promise<string>((resolve) => monitor.onClosed(resolve))
    shell.close()
    for (const one of waiting) await expect(one).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await why).toMatch(/^it hung up$|^ECONNRESET$/)
    await expect(run('echo "more"')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  test('that is something else is no monitor within its limit', async () => {
    const { port } = await scripted()
    const socket = connect({ host: '127.0.0.1', port })
    await expect(openMonitor(socket, { clock: realClock, startMs: 300 })).rejects.toThrow(/no answer within 300 ms/)
  })

  test('that answers another command than was asked is not believed', async () => {
    const { port, say } = await scripted()
    const opening = openMonitor(connect({ host: '127.0.0.1', port }), { clock: realClock })
    const { heard, write } = await say
    write('samara-1\r\n\u001b[91m(monitor) \u001b[0m')
    const monitor = await opening
    onTestFinished(() => monitor.close())
    const asked = monitor.run('right')
    await heard(/right\r/)
    write('wrong\n\r\u001b[91m(monitor) \u001b[0m')
    await expect(asked).rejects.toMatchObject({ code: 'DATA_LOSS', message: expect.stringContaining('"wrong"') })
  })
})

/** A server that says what a test says. */
async function scripted() {
  const { promise: say, resolve } = Promise.withResolvers<{
    heard: (pattern: RegExp) => Promise<void>
    write: (text: string) => void
  }>()
  const server = createServer((socket: Socket) => {
    let text = ''
    let wake = () => {}
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString()
      wake()
    })
    socket.on('error', () => socket.destroy())
    const heard = async (pattern: RegExp) => {
      while (!pattern.test(text))
        await new Promise<void>((next) => {
          wake = next
        })
    }
    resolve({ heard, write: (words) => void socket.write(words) })
    onTestFinished(() => void socket.destroy())
  })
  await new Promise<void>((next) => server.listen(0, '127.0.0.1', next))
  onTestFinished(() => void server.close())
  return { port: (server.address() as { port: number }).port, say }
}
