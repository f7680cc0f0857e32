import { encodeItem, type Item } from '../../../shared/cbor.ts'
import { Frames } from './frames.ts'

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

export class RunCall {
  readonly #frames: Frames

  constructor(command: readonly string[]) {
    this.#frames = new Frames(command)
  }

  async call(request: CallRequest): Promise<CallAnswer> {
    const fields = await this.#frames.ask(
      new Map<number, Item>([
        [1, request.module],
        [2, request.export],
        [3, request.signature],
        [4, encodeItem([...request.args])],
        [5, request.timeoutMs ?? 5000],
        [6, request.budgetBytes ?? 200_000],
      ]),
    )
    const value = fields.get(4)
    return {
      outcome: String(fields.get(1)),
      code: String(fields.get(2)),
      message: String(fields.get(3)),
      ...(value instanceof Uint8Array && { value }),
    }
  }

  close(): void {
    void this.#frames.close()
  }
}
