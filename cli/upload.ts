import { basename } from 'node:path'
import { SamaraError } from '../shared/errors.ts'
import { MAX_MODULE_BYTES } from '../shared/fields.ts'
import { NAME_PATTERN, NAME_RULE } from '../shared/ids.ts'
import { UploadedView } from './api.ts'
import { path } from './client.ts'
import { askingFor } from './devices-file.ts'
import { size } from './format.ts'
import { readFile, type Session } from './session.ts'

/** Whether what a user named is a file and not the name of a function. */
export const isFile = (target: string): boolean => target.endsWith('.wasm') || /[/\\]/.test(target)

/** The name that a file's function has: `Line Stats.wasm` becomes `line-stats`. */
export function nameOfFile(file: string): string {
  const name = basename(file)
    .replace(/\.wasm$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .slice(0, 48)
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
  if (NAME_PATTERN.test(name)) return name
  throw new SamaraError('INVALID_ARGUMENT', `file ${JSON.stringify(file)}: makes no name of a function`, {
    expected: `${NAME_RULE}, by --name`,
  })
}

/** A module as it is on the disk. */
export function readModule(file: string): Buffer {
  const bytes = readFile(file)
  if (bytes.length > MAX_MODULE_BYTES)
    throw new SamaraError('TOO_LARGE', `file ${JSON.stringify(file)}: ${bytes.length} bytes`, {
      expected: `at most ${MAX_MODULE_BYTES}`,
    })
  if (bytes.length >= 4 && bytes.readUInt32BE(0) === 0x0061736d) return bytes
  throw new SamaraError('INVALID_ARGUMENT', `file ${JSON.stringify(file)}: is not WebAssembly`, {
    expected: 'a .wasm file',
  })
}

/** Keeps a file as a version of function `name`. */
export async function upload(
  session: Session,
  options: {
    readonly file: string
    readonly name: string
    readonly alias?: string | undefined
    /** File of the devices that it asks for, in place of those that stand in the module. */
    readonly devices?: string | undefined
  },
): Promise<UploadedView> {
  const bytes = await askingFor(readModule(options.file), options.devices)
  const sent = progressOf(session, options.file, bytes.length)
  try {
    return await session.client.upload(UploadedView, path`/v1/functions/${options.name}`, bytes, {
      query: { alias: options.alias },
      sent,
      signal: session.io.signal,
    })
  } finally {
    session.progressEnd()
  }
}

/** Says how far an upload has come. */
export const progressOf =
  (session: Session, file: string, total: number) =>
  (bytes: number): void =>
    session.progress(`${basename(file)}: ${size(bytes)} of ${size(total)}${bytes === total ? ', being inspected' : ''}`)
