import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { topics } from '../../shared/topics.ts'
import { BUILD_MS, built, noAgentTools } from './builds.ts'

/** The C codec on every vector of the protocol: decoded and encoded again, or refused. */

type Vector = { readonly message: string; readonly note: string; readonly hex: string }
type Hostile = Vector & { readonly error: string }

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../shared/vectors/${name}.json`, import.meta.url), 'utf8'))
const vectors: readonly Vector[] = read('messages')
const hostile: readonly Hostile[] = read('hostile')
const values: { readonly vectors: readonly { readonly type: string; readonly cbor: string }[] } = read('values')
const own = new Set(
  Object.values(topics)
    .filter(({ template }) => template.startsWith('p/'))
    .map(({ carries }) => carries.name),
)
const snake = (name: string): string => name.replaceAll('-', '_')

describe.skipIf(noAgentTools)('the C codec', () => {
  let program = ''
  beforeAll(async () => {
    program = join(await built('tests'), 'tools', 'codec-vectors')
  }, BUILD_MS)

  /** One line of answer for each line. */
  async function ask(lines: readonly string[]): Promise<readonly string[]> {
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      said += piece
    })
    child.stdin.end(`${lines.join('\n')}\n`)
    expect(await once(child, 'close')).toEqual([0, null])
    return said.trimEnd().split('\n')
  }

  test('gives back the bytes of every message that a proplet sends or receives', async () => {
    const mine = vectors.filter(({ message }) => own.has(message))
    expect(mine.length).toBeGreaterThan(15)
    const answers = await ask(mine.map(({ message, hex }) => `${snake(message)} ${hex}`))
    expect(answers.map((answer, index) => `${mine[index]?.note}: ${answer}`)).toEqual(
      mine.map(({ note, hex }) => `${note}: ${hex}`),
    )
  })

  test('walks every document and every value, and writes it back', async () => {
    const items = [...vectors.map(({ hex }) => hex), ...values.vectors.map(({ cbor }) => cbor)]
    expect(await ask(items.map((hex) => `item ${hex}`))).toEqual(items)
  })

  test('refuses every hostile message', async () => {
    const mine = hostile.filter(({ message }) => own.has(message))
    expect(mine.length).toBeGreaterThan(15)
    const answers = await ask(mine.map(({ message, hex }) => `${snake(message)} ${hex}`))
    const taken = mine.filter((_, index) => !answers[index]?.startsWith('! '))
    expect(taken.map(({ note }) => note)).toEqual([])
  })

  test('survives every message that ends early, and every one with a bit that flipped', async () => {
    const lines = vectors
      .filter(({ message }) => own.has(message))
      .flatMap(({ message, hex }) => {
        const bytes = Buffer.from(hex, 'hex')
        const cut = Array.from(bytes, (_, length) => bytes.subarray(0, length).toString('hex'))
        const flipped = Array.from(bytes, (_, at) => {
          const other = Buffer.from(bytes)
          other[at] = (other[at] ?? 0) ^ (1 << (at % 8))
          return other.toString('hex')
        })
        return [...cut, ...flipped].map((one) => `${snake(message)} ${one}`)
      })
    const answers = await ask(lines)
    expect(answers).toHaveLength(lines.length)
    const cuts = answers.filter((answer) => answer.startsWith('! ')).length
    expect(cuts).toBeGreaterThan(lines.length / 2)
  })
})
