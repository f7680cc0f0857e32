import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openQmp } from '../../../../proplet/lab/boards/qmp.ts'
import { realClock } from '../../../../shared/clock.ts'
import { temporaryFolder } from '../running.ts'

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
