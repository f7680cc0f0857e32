import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { decodeItem, encodeItem, type Item } from '../../../shared/cbor.ts'

export type Fields = ReadonlyMap<number, Item>

const LIMIT = { bytes: 4 * 1024 * 1024 }
const HEAD = 4

/** A program that answers one question at a time: a length of 4 bytes and a CBOR map, each way. */
export class Frames {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #ended: Promise<number | null>
  #got = Buffer.alloc(0)
  #waiting: { resolve: (answer: Fields) => void; reject: (error: Error) => void } | undefined

  constructor(command: readonly string[]) {
    const [program = '', ...args] = command
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child.stdout.on('data', (bytes: Buffer) => this.#hear(bytes))
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#waiting?.reject(new Error(`ended with ${signal ?? code}`))
        resolve(code)
      })
    })
  }

  ask(question: Fields): Promise<Fields> {
    const { promise, resolve, reject } = Promise.withResolvers<Fields>()
    this.#waiting = { resolve, reject }
    const body = encodeItem(question)
    const head = Buffer.alloc(HEAD)
    head.writeUInt32BE(body.length)
    this.#child.stdin.write(head)
    this.#child.stdin.write(body)
    return promise
  }

  /** Its exit code. */
  async close(): Promise<number | null> {
    this.#child.stdin.end()
    return await this.#ended
  }

  #hear(bytes: Buffer): void {
    this.#got = Buffer.concat([this.#got, bytes])
    if (this.#got.length < HEAD) return
    const end = HEAD + this.#got.readUInt32BE()
    if (this.#got.length < end) return
    const fields = decodeItem(this.#got.subarray(HEAD, end), LIMIT) as Fields
    this.#got = this.#got.subarray(end)
    this.#waiting?.resolve(fields)
  }
}
