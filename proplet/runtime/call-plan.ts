import type { Manifest } from '../../shared/documents/manifest.ts'
import { SamaraError, show } from '../../shared/errors.ts'
import type { Format } from '../../shared/fields.ts'
import { parseSignature, type Signature, type WitType } from '../../shared/signature.ts'
import { camelCase } from '../../shared/values.ts'
import type { Target } from './job.ts'

/** What one export is to the worker, and what its values are. */
export type Plan = {
  readonly target: Target
  /** A command leaves with an exit code and has no value. */
  readonly command: boolean
  readonly signature: Signature
}

const NO_VALUES: Signature = { params: [] }
const RUN = /^wasi:cli\/run(?:@0\.2\.\d+)?#run$/

const plans = new WeakMap<Manifest, Map<string, Plan>>()

/** Throws NOT_FOUND for an export that is not there, UNSUPPORTED for one that cannot be called. */
export function planOf(manifest: Manifest, format: Format, name: string): Plan {
  const known = plans.get(manifest) ?? new Map<string, Plan>()
  plans.set(manifest, known)
  const found = known.get(name) ?? makePlan(manifest, format, name)
  known.set(name, found)
  return found
}

function makePlan(manifest: Manifest, format: Format, name: string): Plan {
  if (format === 'wasi-command' && name === '_start')
    return { target: { kind: 'start' }, command: true, signature: NO_VALUES }
  const isRun = format === 'component' && RUN.test(name)
  const found =
    manifest.exports.find((one) => one.name === name) ??
    (isRun ? manifest.exports.find((one) => RUN.test(one.name)) : undefined)
  if (!found) throw missing(manifest, name)
  const target = targetOf(format, found.name)
  if (isRun) return { target, command: true, signature: NO_VALUES }
  const signature = parseSignature(found.signature)
  const types = [...signature.params.map(({ type }) => type), ...(signature.result ? [signature.result] : [])]
  if (types.some(hasHandle)) throw new SamaraError('UNSUPPORTED', `export ${show(name)} takes or returns a resource`)
  return { target, command: false, signature }
}

function targetOf(format: Format, name: string): Target {
  if (format !== 'component') return { kind: 'core', name }
  const hash = name.indexOf('#')
  if (hash < 0) return { kind: 'function', name: camelCase(name) }
  return { kind: 'function', interface: name.slice(0, hash), name: camelCase(name.slice(hash + 1)) }
}

function missing(manifest: Manifest, name: string): SamaraError {
  const names = manifest.exports.map((one) => one.name)
  const shown = names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')
  return new SamaraError('NOT_FOUND', `export ${show(name)} does not exist; there are ${shown || 'none'}`, {
    field: 'export',
  })
}

function hasHandle(type: WitType): boolean {
  switch (type.kind) {
    case 'own':
    case 'borrow':
      return true
    case 'list':
      return hasHandle(type.element)
    case 'option':
      return hasHandle(type.some)
    case 'result':
      return [type.ok, type.err].some((inner) => inner && hasHandle(inner))
    case 'tuple':
      return type.elements.some(hasHandle)
    case 'record':
      return type.fields.some((field) => hasHandle(field.type))
    case 'variant':
      return type.cases.some((one) => one.type && hasHandle(one.type))
    default:
      return false
  }
}
