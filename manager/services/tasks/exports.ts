import type { Manifest } from '../../../shared/documents/manifest.ts'
import { SamaraError, show } from '../../../shared/errors.ts'
import { parseSignature, type Signature } from '../../../shared/signature.ts'

const COMMAND = /^(_start|wasi:cli\/run@0\.2(\.\d+)?#run)$/

/** Whether an export is a program's entry, which takes words and streams and not values. */
export const isCommand = (name: string): boolean => COMMAND.test(name)

export type Chosen = { readonly name: string; readonly signature: Signature; readonly command: boolean }

const signatures = new WeakMap<Manifest, Map<string, Signature>>()

function signatureOf(manifest: Manifest, name: string, text: string): Signature {
  const known = signatures.get(manifest) ?? new Map<string, Signature>()
  signatures.set(manifest, known)
  const signature = known.get(name) ?? parseSignature(text)
  known.set(name, signature)
  return signature
}

/** The export that a call names; the only one, or the program's entry, where it names none. */
export function chooseExport(manifest: Manifest, wanted: string | undefined): Chosen {
  const { exports } = manifest
  const only = exports.length === 1 ? exports[0] : exports.find((one) => isCommand(one.name))
  // `summarise` is enough where only one interface has it.
  const byName = exports.filter((one) => one.name === wanted || one.name.endsWith(`#${wanted}`))
  const found =
    wanted === undefined ? only : byName.length === 1 ? byName[0] : exports.find((one) => one.name === wanted)
  if (found)
    return {
      name: found.name,
      signature: signatureOf(manifest, found.name, found.signature),
      command: isCommand(found.name),
    }
  const names = exports.map((one) => one.name)
  const expected =
    names.length > 12 ? `${names.slice(0, 12).join(', ')} and ${names.length - 12} more` : names.join(', ')
  const message =
    wanted === undefined
      ? `export: the function has ${names.length}, say which`
      : `export: ${show(wanted)} does not exist`
  throw new SamaraError('INVALID_ARGUMENT', `${message}; there is ${expected}`, {
    field: 'export',
    expected: `one of ${expected}`,
  })
}
