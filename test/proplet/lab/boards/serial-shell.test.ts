import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openQmp } from '../../../../proplet/lab/boards/qmp.ts'
import { openSerialShell } from '../../../../proplet/lab/boards/serial-shell.ts'
import { realClock } from '../../../../shared/clock.ts'
import { temporaryFolder } from '../running.ts'

/** A shell whose other end is the test. */
function line(limitMs = 500) {
  const sent: string[] = []
  let hear: (bytes: Uint8Array) => void = () => {}
  const shell = openSerialShell({
    ...{ clock: realClock, limitMs },
    write: (text) => void sent.push(text),
    listen: (fn) => {
      hear = fn
    },
  })
  return { shell, sent, says: (text: string) => hear(Buffer.from(text)) }
}

describe('the shell of an image', () => {
  test('answers with what comes after ok, between echo, prompt, colours and the log, however it was cut', async () => {
    const { shell, says } = line()
    const answer = shell.ask('cell read lamp')
    const talk =
      '\u001b[1;32msamara:~$ \u001b[mcell read lamp\r\n[00:01] <inf> link: okay, error or not\r\nok lamp lit=\u001b[32mtrue\u001b[0m\r\nsamara:~$ '
    for (const piece of talk.match(/[\s\S]{1,3}/g) ?? []) says(piece)
    expect(await answer).toBe('lamp lit=true')
  })

  test('fails in the words after error', async () => {
    const { shell, says } = line()
    const answer = shell.ask('cell set lamp lit true')
    says('error lit of lamp cannot be set\r\n')
    await expect(answer).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining('lit of lamp cannot be set'),
    })
  })

  test('asks one thing at a time', async () => {
    const { shell, sent, says } = line()
    const both = [shell.ask('one'), shell.ask('two')]
    expect(sent).toEqual(['one\r'])
    says('one\r\nok 1\r\n')
    expect(sent).toEqual(['one\r', 'two\r'])
    says('two\r\nok 2\r\n')
    expect(await Promise.all(both)).toEqual(['1', '2'])
  })

  test('does not take a late answer for that of the next command', async () => {
    const { shell, says } = line(50)
    await expect(shell.ask('first')).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    const second = shell.ask('second')
    says('first\r\nok 1\r\nsamara:~$ second\r\nok 2\r\n')
    expect(await second).toBe('2')
  })

  test('says it again to a board that is still starting', async () => {
    const { shell, sent, says } = line()
    const there = shell.insist('samara show', 10_000)
    while (sent.length < 2) await new Promise((resolve) => setTimeout(resolve, 20))
    says('samara:~$ samara show\r\nok native_sim\r\n')
    expect(await there).toBe('native_sim')
  })

  test('shows no token in what went wrong', async () => {
    const { shell } = line(50)
    await expect(shell.ask('samara set token very-secret')).rejects.toThrow(/samara set token \*\*\*/)
  })

  test('fails what waits when the board is gone', async () => {
    const { shell } = line()
    const both = [shell.ask('one'), shell.ask('two')]
    shell.close('it ended with 1')
    for (const one of both) await expect(one).rejects.toThrow(/shell: it ended with 1/)
    await expect(async () => shell.ask('three')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  test.each(['a\nb', 'é', '', 'x'.repeat(300)])('%j is no command', async (command) => {
    const { shell } = line()
    await expect(async () => shell.ask(command)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})

describe("QEMU's control", () => {
  async function qemu(answer: (command: string, id: number) => string | undefined) {
    const path = join(temporaryFolder(), 'qmp')
    const server = createServer((socket) => {
      socket.write('{"QMP": {}}\r\n')
      socket.on('error', () => undefined)
      socket.on('data', (bytes: Buffer) => {
        for (const text of bytes.toString().trim().split('\n')) {
          const { execute, id } = JSON.parse(text)
          const said = answer(execute, id)
          if (said) socket.write(`{"event": "RESUME"}\r\n${said}\r\n`)
        }
      })
      onTestFinished(() => void socket.destroy())
    })
    await new Promise<void>((resolve) => server.listen(path, resolve))
    onTestFinished(() => void server.close())
    return path
  }
  const ok = (_: string, id: number) => `{"return": {"status": "running"}, "id": ${id}}`

  test('answers commands, events between them aside', async () => {
    const qmp = await openQmp(connect(await qemu(ok)), { clock: realClock, limitMs: 5_000 })
    onTestFinished(() => qmp.close())
    expect(await qmp.execute('query-status')).toEqual({ status: 'running' })
  })

  test('fails in the words of QEMU', async () => {
    const path = await qemu((command, id) =>
      command === 'fly' ? `{"error": {"desc": "The command fly has not been found"}, "id": ${id}}` : ok(command, id),
    )
    const qmp = await openQmp(connect(path), { clock: realClock, limitMs: 5_000 })
    onTestFinished(() => qmp.close())
    await expect(qmp.execute('fly')).rejects.toThrow(/qemu: The command fly has not been found/)
  })

  test('that does not answer, or is not there, is told within the limit', async () => {
    const path = await qemu((command, id) => (command === 'cont' ? undefined : ok(command, id)))
    const qmp = await openQmp(connect(path), { clock: realClock, limitMs: 200 })
    onTestFinished(() => qmp.close())
    await expect(qmp.execute('cont')).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    await expect(openQmp(connect(`${path}.not`), { clock: realClock, limitMs: 200 })).rejects.toThrow(/qemu: ENOENT/)
  })
})
