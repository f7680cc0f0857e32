import type { Signature, WitType } from '../signature.ts'
import type { FunctionType, ValueType } from './core-types.ts'

/** The core types that the canonical ABI gives a WIT function, and the names under which a core module has it. */

const MAX_FLAT_PARAMS = 16

/** Of a function that a module imports: results beyond one number go to a place whose address comes last. */
export function loweredType({ params, result }: Signature): FunctionType {
  const flat = result ? flatten(result) : []
  const inputs = flatParams(params)
  return flat.length > 1 ? { params: [...inputs, 'i32'], results: [] } : { params: inputs, results: flat }
}

/** Of a function that a module exports: results beyond one number are where the address says that it gives. */
export function liftedType({ params, result }: Signature): FunctionType {
  const flat = result ? flatten(result) : []
  return { params: flatParams(params), results: flat.length > 1 ? ['i32'] : flat }
}

function flatParams(params: Signature['params']): readonly ValueType[] {
  const flat = params.flatMap(({ type }) => flatten(type))
  return flat.length > MAX_FLAT_PARAMS ? ['i32'] : flat
}

function flatten(type: WitType): readonly ValueType[] {
  switch (type.kind) {
    case 's64':
    case 'u64':
      return ['i64']
    case 'f32':
    case 'f64':
      return [type.kind]
    case 'string':
    case 'list':
      return ['i32', 'i32']
    case 'record':
      return type.fields.flatMap((field) => flatten(field.type))
    case 'tuple':
      return type.elements.flatMap(flatten)
    case 'variant':
      return cases(type.cases.map((one) => one.type))
    case 'option':
      return cases([undefined, type.some])
    case 'result':
      return cases([type.ok, type.err])
    case 'flags':
      return type.names.length > 0 ? ['i32'] : []
    default:
      return ['i32']
  }
}

/** A number that says which, then room for any of them. */
function cases(payloads: readonly (WitType | undefined)[]): readonly ValueType[] {
  const joined: ValueType[] = []
  for (const payload of payloads)
    for (const [index, flat] of (payload ? flatten(payload) : []).entries()) joined[index] = join(joined[index], flat)
  return ['i32', ...joined]
}

function join(one: ValueType | undefined, other: ValueType): ValueType {
  if (one === undefined || one === other) return other
  const narrow = (type: ValueType) => type === 'i32' || type === 'f32'
  return narrow(one) && narrow(other) ? 'i32' : 'i64'
}

export const sameType = (one: FunctionType, other: FunctionType): boolean =>
  one.params.join() === other.params.join() && one.results.join() === other.results.join()
