import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fetchProfile } from '../../../proplet/hal/drivers/sim/index.ts'
import { temporaryFolder } from './running.ts'

const main = new URL('../../../proplet/lab/main.ts', import.meta.url).pathname
const cell = new URL('../../../examples/lab/cell.lab.yaml', import.meta.url).pathname

function lab(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: {} })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function ended(child: ReturnType<typeof lab>): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' }
  child.stdout.on('data', (piece: Buffer) => {
    texts.out += piece.toString()
  })
  child.stderr.on('data', (piece: Buffer) => {
    texts.err += piece.toString()
  })
  const [code] = await once(child, 'close')
  return { code, ...texts }
}

describe('the lab as a program', () => {
  test('says where it listens, serves, and stops when it is told to', async () => {
    const socket = join(temporaryFolder(), 'cell.sock')
    const child = lab(cell, '--socket', socket, '--http-port', '0')
    const [line] = await once(createInterface(child.stdout), 'line')
    expect(line).toMatch(/^lab cell: socket \S+cell\.sock, http:\/\/127\.0\.0\.1:\d+$/)
    expect((await fetchProfile(socket, 'edge-1')).devices).toHaveLength(7)
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
  })

  test.each([
    [['/nowhere.yaml'], /^samara-lab: lab file \/nowhere\.yaml: cannot be read: ENOENT\n$/],
    [[cell, '--http-host', '0.0.0.0'], /^samara-lab: http-host \(from flag --http-host\): "0\.0\.0\.0" is not 127/],
    [[cell, '--token-file', '/nowhere'], /^samara-lab: file \/nowhere: cannot be read/],
  ])('%j ends with code 2 and one line', async (args, message) => {
    const { code, err } = await ended(lab(...args))
    expect(code).toBe(2)
    expect(err).toMatch(message)
  })

  test('without a file it says what it takes', async () => {
    const { out } = await ended(lab('--help'))
    expect(out).toMatch(/^usage: samara lab start FILE \[settings\]\n\n {2}--socket/)
  })
})
