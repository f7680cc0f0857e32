import { describe, expect, test } from 'vitest'
import { openSerialShell } from '../../../shared/board/shell.ts'
import { realClock } from '../../../shared/clock.ts'

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

  test('says each line of more when it is asked for, whatever the log says behind the question', async () => {
    const { shell, sent, says } = line()
    const answer = shell.askLines('samara set ca', ['one', 'two', '.'], 'ca> ')
    says('samara:~$ samara set ca\r\nits lines, and at the end a line with a dot\r\nca')
    expect(sent).toEqual(['samara set ca\r'])
    says('> ')
    expect(sent.slice(1)).toEqual(['one\r'])
    says('\r\nca> [00:01] <inf> link: online, epoch 3\r\n')
    expect(sent.slice(2)).toEqual(['two\r'])
    says('\r\nca> ')
    expect(sent.slice(3)).toEqual(['.\r'])
    says('\r\nok ca is stored\r\nsamara:~$ ')
    expect(await answer).toBe('ca is stored')
  })

  test('shows no passphrase either', async () => {
    const { shell } = line(50)
    await expect(shell.ask('samara set wifi-psk very-secret')).rejects.toThrow(/samara set wifi-psk \*\*\*/)
  })
})
