import { describe, expect, test } from 'vitest'
import { provision } from '../../../shared/board/provision.ts'
import { openSerialShell } from '../../../shared/board/shell.ts'
import { realClock } from '../../../shared/clock.ts'
import { type BoardShellOptions, createBoardShell } from '../../support/board-shell.ts'

const WITHIN_MS = 10_000
const line = 'MIIBszCCAVmgAwIBAgIUQ1h0d2VsdmUgYnl0ZXMgbW9yZTAKBggqhkjOPQQDAjAU'
const pem = `-----BEGIN CERTIFICATE-----\n${line}\n-----END CERTIFICATE-----\n`

function played(options: Pick<BoardShellOptions, 'stored' | 'refuses'> = {}) {
  let hear: (bytes: Uint8Array) => void = () => {}
  const starts: Record<string, string>[] = []
  const board = createBoardShell({
    ...options,
    out: {
      write(text: string) {
        queueMicrotask(() => hear(Buffer.from(text)))
        return true
      },
    },
    restarted: (settings) => starts.push(Object.fromEntries(settings)),
  })
  const shell = openSerialShell({
    ...{ clock: realClock, limitMs: WITHIN_MS },
    write: (text) => board.hear(Buffer.from(text)),
    listen: (fn) => {
      hear = fn
    },
  })
  return { settings: board.settings, starts, shell }
}

describe('an image that is told what it needs', () => {
  test('stores it, names its board, and starts again', async () => {
    const { starts, shell } = played()
    const wanted = { id: 'press-4', host: '192.168.1.10', port: 1883, token: 'abc', namespace: undefined }
    expect(await provision(shell, wanted, WITHIN_MS)).toBe('fake/board')
    const told = { id: 'press-4', host: '192.168.1.10', port: '1883', token: 'abc' }
    expect(starts).toEqual([told])
  })

  test('forgets what is empty, and keeps what is left out', async () => {
    const { settings, shell } = played({ stored: { ca: pem, 'wifi-ssid': 'hall' } })
    await provision(shell, { id: 'press-4', ca: '' }, WITHIN_MS)
    expect(Object.fromEntries(settings)).toEqual({ id: 'press-4', 'wifi-ssid': 'hall' })
  })

  test.each(['two  words', `it's "the" hall`, String.raw`back\slash`, ' at both ends '])(
    'reads %j as it is',
    async (name) => {
      const { settings, shell } = played()
      await provision(shell, { 'wifi-ssid': name }, WITHIN_MS)
      expect(settings.get('wifi-ssid')).toBe(name)
    },
  )

  test('reads PEM line by line, and nothing of what stands between certificates', async () => {
    const { settings, shell } = played()
    const chain = `subject=CN = one\r\n${pem.replaceAll('\n', '\r\n')}\r\nsubject=CN = two\n\n${pem}`
    await provision(shell, { ca: chain }, WITHIN_MS)
    expect(settings.get('ca')).toBe(pem + pem)
  })

  test('that refuses a value starts not again, and says which', async () => {
    const { starts, shell } = played({ refuses: { ca: 'more than 2047 bytes, which CONFIG_SAMARA_PEM_MAX allows' } })
    await expect(provision(shell, { id: 'press-4', ca: pem }, WITHIN_MS)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringMatching(/samara set ca.*more than 2047 bytes/),
    })
    expect(starts).toEqual([])
  })
})
