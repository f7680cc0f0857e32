import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { decodeItem, encodeItem, type Item } from '../../../shared/cbor.ts'

/** The C agent's runtime as a program: calls go in, results come out, one at a time. */

export type CallRequest = {
  readonly module: Uint8Array
  readonly export: string
  readonly signature: string
  readonly args: readonly Item[]
  readonly timeoutMs?: number
  readonly budgetBytes?: number
}

export type CallAnswer = {
  readonly outcome: string
  readonly code: string
  readonly message: string
  /** Encoded, as the agent would send it. */
  readonly value?: Uint8Array
}

const LIMIT = { bytes: 4 * 1024 * 1024 }

export class RunCall {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  #got = Buffer.alloc(0)
  #waiting: { resolve: (answer: CallAnswer) => void; reject: (error: Error) => void } | undefined

  constructor(command: readonly string[]) {
    const [program = '', ...args] = command
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child.stdout.on('data', (bytes: Buffer) => this.#hear(bytes))
    this.#child.once('exit', (code, signal) => this.#waiting?.reject(new Error(`ended with ${signal ?? code}`)))
  }

  call(request: CallRequest): Promise<CallAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<CallAnswer>()
    this.#waiting = { resolve, reject }
    const body = encodeItem(
      new Map<number, Item>([
        [1, request.module],
        [2, request.export],
        [3, request.signature],
        [4, encodeItem([...request.args])],
        [5, request.timeoutMs ?? 5000],
        [6, request.budgetBytes ?? 200_000],
      ]),
    )
    const head = Buffer.alloc(4)
    head.writeUInt32BE(body.length)
    this.#child.stdin.write(head)
    this.#child.stdin.write(body)
    return promise
  }

  close(): void {
    this.#child.stdin.end()
  }

  #hear(bytes: Buffer): void {
    this.#got = Buffer.concat([this.#got, bytes])
    if (this.#got.length < 4) return
    const end = 4 + this.#got.readUInt32BE()
    if (this.#got.length < end) return
    const fields = decodeItem(this.#got.subarray(4, end), LIMIT) as ReadonlyMap<number, Item>
    this.#got = this.#got.subarray(end)
    const value = fields.get(4)
    this.#waiting?.resolve({
      outcome: String(fields.get(1)),
      code: String(fields.get(2)),
      message: String(fields.get(3)),
      ...(value instanceof Uint8Array && { value }),
    })
  }
}
