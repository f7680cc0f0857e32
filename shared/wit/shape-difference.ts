import { parseSignature, type Signature, typeText, type WitType } from '../signature.ts'

/**
 * Two signatures with what is the same in both left out as `…`: those of usb have a thousand characters, and what
 * differs is often one word.
 */
export function differingParts(asked: string, offered: string): [asked: string, offered: string] {
  const [left, right] = [parseSignature(asked), parseSignature(offered)]
  return [signatureWithout(left, right), signatureWithout(right, left)]
}

function signatureWithout(one: Signature, other: Signature): string {
  const params = one.params.map(({ name, type }, index) => {
    const twin = other.params[index]
    return `${name}:${without(type, twin?.name === name ? twin.type : undefined)}`
  })
  return `func(${params.join(',')})${one.result ? `->${without(one.result, other.result)}` : ''}`
}

/** A shorter text says more than the mark of its absence. */
const KEPT_LENGTH = 24

function without(type: WitType, twin: WitType | undefined): string {
  const text = typeText(type)
  if (!twin) return text
  if (text === typeText(twin)) return text.length > KEPT_LENGTH ? '…' : text
  if (type.kind === 'list' && twin.kind === 'list') return `list<${without(type.element, twin.element)}>`
  if (type.kind === 'option' && twin.kind === 'option') return `option<${without(type.some, twin.some)}>`
  if (type.kind === 'result' && twin.kind === 'result') return resultWithout(type, twin)
  if (type.kind === 'tuple' && twin.kind === 'tuple')
    return `tuple<${type.elements.map((one, index) => without(one, twin.elements[index])).join(',')}>`
  return text
}

type Result = Extract<WitType, { kind: 'result' }>

function resultWithout(type: Result, twin: Result): string {
  const ok = type.ok ? without(type.ok, twin.ok) : '_'
  if (type.err) return `result<${ok},${without(type.err, twin.err)}>`
  return type.ok ? `result<${ok}>` : 'result'
}
