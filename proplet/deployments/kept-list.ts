import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { DesiredList } from '../../shared/documents/desired-list.ts'
import { SamaraError } from '../../shared/errors.ts'
import { digestOf } from '../../shared/ids.ts'
import { Desired } from '../../shared/messages/index.ts'
import { bytes, field, message } from '../../shared/schema.ts'
import { writeDurably } from '../durable.ts'

const Kept = message(
  'kept-list',
  'The desired list that a proplet follows, on its own disk.',
  {
    index: field(1, bytes({ max: 1024 }), 'The index, a Desired.'),
    list: field(2, bytes({ max: DesiredList.maxBytes }), 'The body that it names, a DesiredList.'),
  },
  { maxBytes: DesiredList.maxBytes + 2048 },
)

export type KeptList = { readonly index: Desired; readonly body: Buffer; readonly list: DesiredList }

/** What a proplet works from without a connection, after its own restart too. [P-7.2] */
export class KeptListFile {
  readonly #path: string
  readonly #log: Logger

  constructor(options: { path: string; log: Logger }) {
    this.#path = options.path
    this.#log = options.log
  }

  /** Undefined where there is none, or none that can be trusted: the manager has it. */
  async load(): Promise<KeptList | undefined> {
    try {
      const kept = Kept.decode(await readFile(this.#path))
      return checkList(Desired.decode(kept.index), Buffer.from(kept.list))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#log.error({ err: error, file: this.#path }, 'kept deployments cannot be read; waiting for the manager')
      return undefined
    }
  }

  async save(kept: KeptList): Promise<void> {
    await writeDurably(this.#path, Kept.encode({ index: Desired.encode(kept.index), list: kept.body }))
  }
}

/** A body that is what its index says, each deployment once. */
export function checkList(index: Desired, body: Buffer): KeptList {
  if (digestOf(body) !== index.digest)
    throw new SamaraError('DATA_LOSS', `desired list ${index.digest}: the bytes differ from it`)
  const list = DesiredList.decode(body)
  const ids = new Set(list.deployments.map(({ deployment }) => deployment))
  if (ids.size !== list.deployments.length)
    throw new SamaraError('INVALID_ARGUMENT', 'desired list: a deployment is named twice', { field: 'deployments' })
  return { index, body, list }
}
