import type { Manifest } from '../../shared/documents/manifest.ts'
import { SamaraError, show } from '../../shared/errors.ts'
import type { Format } from '../../shared/fields.ts'
import { parseSignature, type Signature, typeText, type WitType } from '../../shared/signature.ts'
import { camelCase } from '../../shared/values.ts'
import { handleResources } from './hosts/hardware/handles.ts'
import type { Handle, Target } from './job.ts'

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
  return { target: withHandles(target, name, signature), command: false, signature }
}

/** Throws UNSUPPORTED for a resource that nobody could name, or that has no place in an answer. */
function withHandles(target: Target, name: string, { params, result }: Signature): Target {
  if (result && hasHandle(result)) throw new SamaraError('UNSUPPORTED', `export ${show(name)} returns a resource`)
  const handles = params.flatMap(({ name: param, type }, index): Handle[] => {
    if (isDevice(type)) return [{ param: index, resource: type.resource, lent: type.kind === 'borrow' }]
    if (!hasHandle(type)) return []
    throw new SamaraError(
      'UNSUPPORTED',
      `export ${show(name)}: parameter ${param} is ${typeText(type)}; only a device itself can be handed over`,
    )
  })
  return target.kind === 'function' && handles.length > 0 ? { ...target, handles } : target
}

const isDevice = (type: WitType): type is Extract<WitType, { kind: 'own' | 'borrow' }> =>
  (type.kind === 'own' || type.kind === 'borrow') && handleResources.has(type.resource)

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
