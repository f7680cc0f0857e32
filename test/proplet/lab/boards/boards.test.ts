import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openBroker } from '../../../../manager/mqtt/broker.ts'
import type { Boards } from '../../../../proplet/lab/boards/boards.ts'
import { quiet } from '../../../support/quiet.ts'
import { started, temporaryFolder } from '../running.ts'
import { noNamespace, noTap, renodeLab, serialLab } from './support.ts'

const LONG = 60_000

async function lab(yaml: string, options: Parameters<typeof started>[0] = {}): Promise<Boards> {
  const limits = { namespace: 'default', startMs: 30_000 }
  const running = await started({ yaml, startBoards: false, ...options, boards: { ...limits, ...options.boards } })
  return running.lab.boards
}

const kinds = [
  ['renode', noNamespace, (dir: string, ...args: string[]) => renodeLab(dir, { args })],
  ['qemu', false, (dir: string, ...args: string[]) => serialLab(dir, 'qemu', args)],
  ['native_sim', false, (dir: string, ...args: string[]) => serialLab(dir, 'native_sim', args)],
] as const

describe.for(kinds)('a board of kind %s', { timeout: LONG }, ([kind, isMissing, make]) => {
  const run = test.skipIf(isMissing)

  run('starts, has its parts as the lab file says, and stops', async () => {
    const boards = await lab(make(temporaryFolder()))
    expect(boards.list()).toEqual([{ name: 'mcu-1', kind, state: 'stopped', proplet: 'mcu-1' }])
    expect(await boards.start('mcu-1')).toMatchObject({ state: 'running' })
    expect(await boards.get('line1-temp', 'temperature')).toBe(kind === 'renode' ? 22.5 : 18.5)
    expect(await boards.stop('mcu-1')).toEqual({ name: 'mcu-1', kind, state: 'stopped', proplet: 'mcu-1' })
    await expect(boards.get('line1-temp', 'temperature')).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: 'part line1-temp: its board mcu-1 is stopped',
    })
    expect((await boards.start('mcu-1')).state).toBe('running')
  })

  run(
    'feels what is set: the image closes its relay in the cold, and lights its lamp while the button is held',
    async () => {
      const boards = await lab(make(temporaryFolder()))
      await boards.start('mcu-1')
      expect(await boards.set('line1-temp', 'temperature', 23.4)).toBe(23.4)
      await until(async () => (await boards.get('motor-1', 'closed')) === false)
      await boards.set('line1-temp', 'temperature', -12.25)
      await until(async () => (await boards.get('motor-1', 'closed')) === true)
      expect(await boards.get('lamp', 'lit')).toBe(false)
      expect(await boards.set('estop', 'pressed', true)).toBe(true)
      await until(async () => (await boards.get('lamp', 'lit')) === true)
      expect(await boards.set('estop', 'pressed', false)).toBe(false)
      await until(async () => (await boards.get('lamp', 'lit')) === false)
    },
  )

  run('refuses before the board hears of it', async () => {
    const boards = await lab(make(temporaryFolder()))
    await boards.start('mcu-1')
    for (const [part, property, value, code] of [
      ['lamp', 'lit', true, 'FAILED_PRECONDITION'],
      ['line1-temp', 'temperature', 'hot', 'INVALID_ARGUMENT'],
      ['line1-temp', 'temperature', 500, 'INVALID_ARGUMENT'],
      ['line1-temp', 'colour', 1, 'NOT_FOUND'],
      ['nobody', 'lit', true, 'NOT_FOUND'],
    ] as const)
      await expect(boards.set(part, property, value), `${part} ${property}`).rejects.toMatchObject({ code })
  })

  run('that crashes is failed, says why, is gone, and starts again', async () => {
    const dies = kind === 'renode' ? '--dies-at=UserButton1 Press' : '--dies-at=cell press'
    const before = folders()
    const boards = await lab(make(temporaryFolder(), dies))
    await boards.start('mcu-1')
    await expect(boards.set('estop', 'pressed', true)).rejects.toMatchObject({
      code: expect.stringMatching(/UNAVAILABLE/),
    })
    await until(async () => boards.list()[0]?.state === 'failed')
    expect(boards.list()[0]?.detail).toMatch(kind === 'renode' ? /hung up|crashed/ : /139.*Segmentation fault/)
    await expect(boards.get('lamp', 'lit')).rejects.toThrow(/its board mcu-1 is failed \(/)
    await until(async () => folders().every((one) => before.includes(one)))
    expect((await boards.start('mcu-1')).state).toBe('running')
  })

  run('that does not answer is told within the limit, and the others go on', async () => {
    const hangs = kind === 'renode' ? '--hangs-at=UserButton1 Press$' : '--hangs-at=cell press'
    const boards = await lab(make(temporaryFolder(), hangs), { boards: { namespace: 'default', limitMs: 700 } })
    await boards.start('mcu-1')
    await expect(boards.set('estop', 'pressed', true)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    expect(boards.list()[0]?.state).toBe('running')
    await boards.stop('mcu-1')
    expect(boards.list()[0]?.state).toBe('stopped')
  })

  run('is stopped while it starts', async () => {
    const hangs = kind === 'renode' ? '--hangs-at=include' : '--hangs-at=cell list'
    const boards = await lab(make(temporaryFolder(), hangs))
    const starting = boards.start('mcu-1').catch((error: Error) => error.message)
    expect(boards.list()[0]?.state).toBe('starting')
    await boards.stop('mcu-1')
    await starting
    expect(boards.list()[0]?.state).toBe('stopped')
  })

  run('leaves no process behind when the lab ends', async () => {
    const running = await started({ yaml: make(temporaryFolder()), startBoards: false })
    await running.lab.boards.start('mcu-1')
    const mine = children()
    expect(mine.length).toBeGreaterThan(0)
    await running.close()
    expect(children().filter((pid) => mine.includes(pid))).toEqual([])
  })
})

describe.each(['qemu', 'native_sim'] as const)('a board of kind %s', (kind) => {
  test('is told broker, name and token over its serial line, where no other user of the machine reads them', {
    timeout: LONG,
  }, async () => {
    const dir = temporaryFolder()
    const told = join(dir, 'told')
    const tokenFile = join(dir, 'token')
    writeFileSync(tokenFile, 'let-me-in\n')
    const more = ['broker: mqtt://127.0.0.1:1885', 'id: press-4', `tokenFile: ${tokenFile}`]
    const boards = await lab(serialLab(dir, kind, [`--told=${told}`], more))
    await boards.start('mcu-1')
    expect(JSON.parse(readFileSync(told, 'utf8'))).toEqual({
      ...{ id: 'press-4', namespace: 'default', port: '1885', token: 'let-me-in' },
      host: kind === 'qemu' ? '10.0.2.2' : '127.0.0.1',
    })
    const lines = children().map((pid) => tryRead(`/proc/${pid}/cmdline`))
    expect(lines.join('\n')).toContain(told)
    expect(lines.join('\n')).not.toContain('let-me-in')
  })
})

describe.for(kinds)('the lab of a board of kind %s', { timeout: LONG }, ([, isMissing, make]) => {
  test.skipIf(isMissing)('is killed, and the board with it', async () => {
    const dir = temporaryFolder()
    const file = join(dir, 'l.lab.yaml')
    writeFileSync(file, make(dir))
    const main = new URL('../../../../proplet/lab/main.ts', import.meta.url).pathname
    const args = [main, file, '--socket', join(dir, 's'), '--http-port', '0']
    const lab = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: dir },
    })
    onTestFinished(() => void lab.kill('SIGKILL'))
    const [first] = (await once(lab.stdout, 'data')) as [Buffer]
    const url = /(http:\S+)/.exec(first.toString())?.[1]
    await until(async () => {
      const { boards } = (await (await fetch(`${url}/v1/lab`)).json()) as { boards: { state: string }[] }
      return boards[0]?.state === 'running'
    })
    const theirs = childrenOf(lab.pid ?? 0)
    expect(theirs.length).toBeGreaterThan(0)
    lab.kill('SIGKILL')
    await until(async () => theirs.every((pid) => !isAlive(pid)))
  })
})

describe('a board in Renode', { timeout: LONG }, () => {
  test.skipIf(noNamespace)('listens on no address of this machine', async () => {
    const boards = await lab(renodeLab(temporaryFolder()))
    await boards.start('mcu-1')
    expect(children().length).toBeGreaterThan(0)
    expect(children().flatMap(listeners)).toEqual([])
    // Where there is one, it is seen.
    const listener = spawn(process.execPath, ['-e', "require('net').createServer().listen(0, () => console.log('up'))"])
    onTestFinished(() => void listener.kill('SIGKILL'))
    await once(listener.stdout, 'data')
    expect(children().flatMap(listeners)).toHaveLength(1)
  })

  test.skipIf(noNamespace)('that cannot load its script says what the monitor says', async () => {
    const boards = await lab(renodeLab(temporaryFolder()).replace('sysbus.spi1.lm74', 'sysbus.spi9.lm74'))
    await expect(boards.start('mcu-1')).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringMatching(/^board mcu-1: monitor: .*Could not find device sysbus.spi9.lm74/),
    })
    expect(boards.list()[0]).toMatchObject({ state: 'failed' })
  })

  test.skipIf(noTap)('is told broker, name and token over its serial line, and reaches the broker alone', async () => {
    const dir = temporaryFolder()
    const { promise: came, resolve } = Promise.withResolvers<string>()
    const broker = await openBroker(
      {
        ...{ host: '127.0.0.1', port: 0, maxPacketBytes: 65_536, maxConnections: 10, filters: [], log: quiet },
        authenticate: async (name, token) => {
          resolve(`${name} ${token}`)
          return undefined
        },
      },
      { message: () => undefined, up: () => undefined, down: () => undefined },
    )
    onTestFinished(() => broker.close())
    const tokenFile = join(dir, 'token')
    writeFileSync(tokenFile, 'let-me-in\n')
    const more = [`broker: mqtt://127.0.0.1:${broker.port}`, 'id: press-4', `tokenFile: ${tokenFile}`]
    const boards = await lab(renodeLab(dir, { more: more.join('\n    ') }))
    await boards.start('mcu-1')
    expect(await came).toBe('press-4 let-me-in')
  })
})

const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('samara-board-'))

const isAlive = (pid: number): boolean => {
  const [, state] = /^\d+ \(.*\) (\S)/s.exec(tryRead(`/proc/${pid}/stat`)) ?? []
  return state !== undefined && state !== 'Z'
}

const children = (): number[] => childrenOf(process.pid)

/** Processes below one. */
function childrenOf(root: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    const stat = existsSync(`/proc/${name}/stat`) ? tryRead(`/proc/${name}/stat`) : ''
    const [, state, parent] = /^\d+ \(.*\) (\S) (\d+)/s.exec(stat) ?? []
    if (state !== undefined && state !== 'Z') parents.set(Number(name), Number(parent))
  }
  const isBelow = (pid: number): boolean => pid === root || (parents.has(pid) && isBelow(parents.get(pid) as number))
  return [...parents.keys()].filter((pid) => pid !== root && isBelow(pid))
}

/** Ports of TCP on which a process listens in our namespace; those of its own are others. */
function listeners(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  const sockets = existsSync(folder) ? readdirSync(folder).map((fd) => tryReadLink(join(folder, fd))) : []
  return ['/proc/self/net/tcp', '/proc/self/net/tcp6'].flatMap((file) =>
    tryRead(file)
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((words) => words[3] === '0A' && sockets.includes(`socket:[${words[9]}]`))
      .map(([, local]) => local ?? ''),
  )
}

function tryReadLink(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return ''
  }
}

function tryRead(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 20))
}
