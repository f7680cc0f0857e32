import { SamaraError, show } from './errors.ts'

/** One condition on a label. All conditions of a selector must hold. */
type Condition = { readonly key: string; readonly op: 'is' | 'is-not' | 'has' | 'has-not'; readonly value: string }

export type Selector = readonly Condition[]

const RULE = 'conditions joined by commas: key=value, key!=value, key, !key; or * for every proplet'
const CONDITION = /^(!?)([a-z0-9](?:[a-z0-9._/-]*[a-z0-9])?)(?:(!?=)([A-Za-z0-9._/:-]*))?$/

/** Reads `line=1,site!=lab,camera,!spare`; `*` and the empty text match every proplet. */
export function parseSelector(text: string): Selector {
  if (text === '*' || text === '') return []
  return text.split(',').map((part) => condition(part.trim(), text))
}

function condition(part: string, whole: string): Condition {
  const found = CONDITION.exec(part)
  const [, not, key, op, value] = found ?? []
  if (!key || (not && op))
    throw new SamaraError('INVALID_ARGUMENT', `selector: ${show(part)} in ${show(whole)} is not one of ${RULE}`, {
      field: 'selector',
      expected: RULE,
    })
  if (op) return { key, op: op === '=' ? 'is' : 'is-not', value: value ?? '' }
  return { key, op: not ? 'has-not' : 'has', value: '' }
}

/** The first condition that labels do not meet, in words, or undefined where all hold. */
export function mismatch(selector: Selector, labels: Readonly<Record<string, string>>): string | undefined {
  for (const { key, op, value } of selector) {
    const label = Object.hasOwn(labels, key) ? labels[key] : undefined
    const has = label === undefined ? `label ${key} is not set` : `label ${key} is ${show(label)}`
    if (op === 'is' && label !== value) return `${has}, not ${show(value)}`
    if (op === 'is-not' && label === value) return `${has}`
    if (op === 'has' && label === undefined) return has
    if (op === 'has-not' && label !== undefined) return has
  }
  return undefined
}

export const matches = (selector: Selector, labels: Readonly<Record<string, string>>): boolean =>
  mismatch(selector, labels) === undefined
