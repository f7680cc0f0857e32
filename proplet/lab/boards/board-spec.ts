import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { SamaraError } from '../../../shared/errors.ts'
import type { BoardKind } from '../../../shared/lab/index.ts'
import { type BrokerAddress, parseBroker } from '../../mqtt/sockets.ts'
import { labError } from '../lab-file.ts'
import type { BoardEntry } from './board-file.ts'
import { type BoardPart, readBoardPart } from './board-parts.ts'

/** A board of a lab file, with all that its simulator has to know. */
export type BoardSpec = {
  readonly name: string
  readonly kind: BoardKind
  /** Name as a proplet. */
  readonly id: string
  readonly namespace: string
  /** The image's own where left out. */
  readonly broker?: BrokerAddress | undefined
  /** Read when the board starts: whoever registers it may come later. */
  readonly tokenFile?: string | undefined
  readonly image: string
  /** The simulator; of native_sim the image itself. */
  readonly program: string
  readonly machine: string
  readonly script: string
  /** Of renode: whether the script takes the TAP interface that is made for it. */
  readonly network: 'tap' | 'none'
  readonly args: readonly string[]
  readonly startsWithLab: boolean
  readonly parts: ReadonlyMap<string, BoardPart>
}

export type BoardDefaults = {
  readonly broker?: string | undefined
  readonly namespace: string
  /** Where the token of a board is, in a file that has the name of its proplet. */
  readonly tokens?: string | undefined
  /** How long a board may take to start. @default 120000 */
  readonly startMs?: number
  /** How long a board may take to answer one question. @default 10000 */
  readonly limitMs?: number
}

const programs: Readonly<Record<BoardKind, string>> = { native_sim: '', qemu: 'qemu-system-arm', renode: 'renode' }
const MPS2 = 'mps2-an385'

/** Keys that mean something to one kind only. */
const keysOf: Readonly<Record<'machine' | 'script' | 'network' | 'program', readonly BoardKind[]>> = {
  machine: ['qemu'],
  script: ['renode'],
  network: ['renode'],
  program: ['qemu', 'renode'],
}

/** Throws INVALID_ARGUMENT that names the key. */
export function readBoard(file: string, name: string, entry: BoardEntry, defaults: BoardDefaults): BoardSpec {
  const path = `boards.${name}`
  const { kind, image, args, start } = entry
  for (const [key, kinds] of Object.entries(keysOf))
    if (entry[key as keyof typeof keysOf] !== undefined && !kinds.includes(kind))
      throw labError(file, `${path}.${key}`, `means nothing to a board of kind ${kind}`)
  if (kind === 'renode' && entry.script === undefined)
    throw labError(file, `${path}.script`, 'is missing', 'a script for the monitor, as nucleo_h753zi.resc')
  const here = (given: string) => resolve(dirname(file), given)
  const id = entry.id ?? name
  const broker = entry.broker ?? defaults.broker
  const tokenFile =
    entry.tokenFile === undefined ? defaults.tokens && resolve(defaults.tokens, id) : here(entry.tokenFile)
  return {
    ...{ name, kind, id, namespace: defaults.namespace, image: here(image), args, startsWithLab: start },
    ...(broker !== undefined && { broker: plain(file, path, broker) }),
    ...(tokenFile !== undefined && { tokenFile }),
    program: kind === 'native_sim' ? here(image) : programOf(entry.program ?? programs[kind], here),
    machine: entry.machine ?? MPS2,
    network: entry.network ?? 'tap',
    script: entry.script === undefined ? '' : here(entry.script),
    parts: new Map(
      Object.entries(entry.parts).map(([part, one]) => [part, readBoardPart({ file, board: name, kind }, part, one)]),
    ),
  }
}

/** A name is looked for where programs are; what has a slash is a file. */
const programOf = (program: string, here: (given: string) => string): string =>
  program.includes('/') ? here(program) : program

function plain(file: string, path: string, broker: string): BrokerAddress {
  const address = parseBroker(broker)
  if (address.tls) throw labError(file, `${path}.broker`, `${JSON.stringify(broker)} is not mqtt://host:port`)
  return address
}

/** Throws NOT_FOUND. Absent where no file is named, or the named one was not made: the broker decides then. */
export function tokenOf({ name, tokenFile }: BoardSpec): string | undefined {
  if (tokenFile === undefined) return undefined
  try {
    return readFileSync(tokenFile, 'utf8').trim()
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    throw new SamaraError('NOT_FOUND', `board ${name}: token file ${tokenFile}: cannot be read: ${why}`, {
      cause: error,
    })
  }
}
