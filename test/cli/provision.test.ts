import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type BoardShellOptions, createBoardShell } from '../support/board-shell.ts'
import { tempFolder } from '../support/system.ts'
import { fakeManager, samara } from './support.ts'

const TOKEN = 'a-token-that-is-new'
const pem = '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmg\n-----END CERTIFICATE-----\n'
const BROKER = ['--broker', 'mqtt://192.168.1.10']

type Played = Pick<BoardShellOptions, 'stored' | 'refuses'>

const NOT_THERE = 'no connection to the broker: Connection refused; again in 250 ms'

/** A board that says what it says by `say`; it logs that nobody is there where it was told to find its broker. */
function played(options: Played, say: (text: string) => void) {
  const starts: Record<string, string>[] = []
  const out = {
    write(text: string) {
      say(text)
      return true
    },
  }
  const board = createBoardShell({
    ...options,
    out,
    restarted(settings) {
      starts.push(Object.fromEntries(settings))
      setImmediate(() => board.log(NOT_THERE))
    },
  })
  return { ...board, starts }
}

/** A board at the socket of an emulator. */
async function onSocket(options: Played = {}) {
  const path = join(await tempFolder(), 'line')
  const says: ((text: string) => void)[] = []
  const board = played(options, (text) => says.at(-1)?.(text))
  const server = createServer((socket) => {
    says.push((text) => void socket.write(text))
    socket.on('data', (bytes) => board.hear(bytes))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => void server.close())
  return { board, path }
}

/** A board at the other end of a terminal device: `script` has made the pair, and is the far end. */
async function onTerminal(options: Played = {}) {
  const far = spawn('script', ['-qfc', 'stty -echo raw; tty; exec sleep 600', '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void far.kill('SIGKILL'))
  const path = await new Promise<string>((resolve) => {
    createInterface({ input: far.stdout }).once('line', (line) => resolve(line.trim()))
  })
  const board = played(options, (text) => void far.stdin.write(text))
  far.stdout.on('data', (bytes) => board.hear(bytes))
  return { board, path, unplug: () => far.kill('SIGKILL') }
}

type Answers = { readonly registers?: () => void; readonly unheard?: () => void; readonly signal?: AbortSignal }

/** A manager that hears the board as soon as somebody has asked for it twice, or never. */
async function manager({ registers, unheard, ...around }: Answers = {}) {
  let asked = 0
  const { url, seen } = await fakeManager({
    'POST /v1/proplets': () => {
      registers?.()
      return { json: { id: 'press-4', token: TOKEN } }
    },
    'GET /v1/proplets/press-4': () => {
      asked++
      if (asked > 1) unheard?.()
      return { json: { id: 'press-4', liveness: 'on-time', lastSeenMs: unheard ? 1_000 : 1_000 + asked, labels: {} } }
    },
  })
  const provision = (path: string, ...more: string[]) =>
    samara(['proplets', 'provision', 'press-4', path, '--manager', url, ...more], around)
  return { provision, seen }
}

describe('samara proplets provision', () => {
  test.each([
    ['the socket of an emulator', onSocket],
    ['a serial device', onTerminal],
  ])('tells a board at %s what it needs, and waits until it is heard', async (_, open) => {
    const { board, path } = await open({ stored: { ca: pem, 'wifi-ssid': 'hall' } })
    const { provision, seen } = await manager()
    expect(await provision(path, ...BROKER, '--label', 'line=1')).toEqual({
      code: 0,
      out: 'proplet press-4 is heard: fake/board\n',
      err: 'fake/board is told that it is press-4, and starts\n',
    })
    expect(JSON.parse(`${seen[0]?.body}`)).toEqual({ id: 'press-4', labels: { line: '1' } })
    expect(board.starts).toEqual([
      {
        ...{ id: 'press-4', namespace: 'default', host: '192.168.1.10', port: '1883', token: TOKEN },
        'wifi-ssid': 'hall',
      },
    ])
  })

  test('tells it the secrets of files, and of standard input', async () => {
    const { board, path } = await onSocket()
    const { provision } = await manager()
    const folder = await tempFolder()
    for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, name), pem.replace('MIIB', `${name}AA`))
    writeFileSync(join(folder, 'psk'), 'pass phrase\n')
    const files = ['ca', 'cert', 'key'].flatMap((name) => [
      name === 'ca' ? '--broker-ca' : `--${name}`,
      join(folder, name),
    ])
    const wifi = ['--wifi-ssid', 'hall 3', '--wifi-psk-file', join(folder, 'psk')]
    expect(await provision(path, '--broker', 'mqtts://[fd00::1]:8884', ...files, ...wifi)).toMatchObject({ code: 0 })
    expect(Object.fromEntries(board.settings)).toMatchObject({
      ...{ host: 'fd00::1', port: '8884', 'wifi-ssid': 'hall 3', 'wifi-psk': 'pass phrase' },
      ...{
        ca: expect.stringContaining('caAA'),
        cert: expect.stringContaining('certAA'),
        key: expect.stringContaining('keyAA'),
      },
    })
  })

  test('takes a network without a passphrase for an open one', async () => {
    const { board, path } = await onSocket({ stored: { 'wifi-ssid': 'hall', 'wifi-psk': 'pass phrase' } })
    const { provision } = await manager()
    expect(await provision(path, ...BROKER, '--wifi-ssid', 'yard')).toMatchObject({ code: 0 })
    expect(board.starts).toEqual([expect.objectContaining({ 'wifi-ssid': 'yard' })])
    expect(board.starts[0]).not.toHaveProperty('wifi-psk')
  })

  test('gives no new token for a line where nobody answers', async () => {
    const path = join(await tempFolder(), 'line')
    const server = createServer(() => undefined)
    await new Promise<void>((resolve) => server.listen(path, resolve))
    onTestFinished(() => void server.close())
    const { provision, seen } = await manager()
    const { code, err } = await provision(path, ...BROKER)
    expect(code).toBe(1)
    expect(err).toContain(`line ${path}: nobody answers, expected the shell of an image of Samara`)
    expect(seen).toEqual([])
  })

  test('ends with the words of a board that refuses a value', async () => {
    const { path } = await onSocket({ refuses: { host: 'a_b is not it, expected a name' } })
    const { code, err } = await (await manager()).provision(path, ...BROKER)
    expect(code).toBe(1)
    expect(err).toMatch(/samara set host .*a_b is not it, expected a name/)
  })

  test('says what a board logged last that is not heard', async () => {
    const { path } = await onSocket()
    const stop = new AbortController()
    const { provision } = await manager({ unheard: () => stop.abort(), signal: stop.signal })
    const { code, err } = await provision(path, ...BROKER)
    expect(code).not.toBe(0)
    expect(err).toMatch(new RegExp(`^it said: .*link: ${NOT_THERE}$`, 'm'))
  })

  test('ends when the line does', async () => {
    const { path, unplug } = await onTerminal()
    const { provision } = await manager({ registers: unplug })
    const { code, err } = await provision(path, ...BROKER)
    expect(code).toBe(1)
    expect(err).toContain(`line ${path}: is gone`)
  })

  test('says so of a rate that a device does not have', async () => {
    const { path } = await onTerminal()
    const { code, err } = await (await manager()).provision(path, ...BROKER, '--baud', '1234567')
    expect(code).toBe(1)
    expect(err).toMatch(/line \/dev\/pts\/\d+: its rate and mode cannot be set: stty: /)
  })

  test.each([
    ['is not there', '/dev/no-such-line', /line \/dev\/no-such-line: is not there/],
    ['is no line', '/dev/null', /line \/dev\/null: is none, expected a serial device such as \/dev\/ttyUSB0/],
    ['is a folder', '/tmp', /line \/tmp: cannot be opened: EISDIR/],
  ])('says so of a line that %s', async (_, path, message) => {
    const { code, err } = await (await manager()).provision(path, ...BROKER)
    expect(code).toBe(1)
    expect(err).toMatch(message)
  })

  test.each([
    ['no broker', [], /--broker/],
    ['a broker that is none', ['--broker', 'http://a'], /Expected mqtt:\/\/host:port or mqtts:\/\/host:port/],
    ['TLS without an authority', ['--broker', 'mqtts://a'], /needs --broker-ca/],
    ['an authority without TLS', [...BROKER, '--broker-ca', 'ca'], /are for a --broker with mqtts/],
    ['a certificate without its key', ['--broker', 'mqtts://a', '--broker-ca', 'ca', '--cert', 'c'], /go together/],
    ['a rate that is none', [...BROKER, '--baud', 'fast'], /Expected an integer from 1200 to 4000000/],
  ])('refuses %s as a wrong command line', async (_, more, message) => {
    const { code, err } = await (await manager()).provision('/dev/null', ...more)
    expect(code).toBe(2)
    expect(err).toMatch(message)
  })
})
