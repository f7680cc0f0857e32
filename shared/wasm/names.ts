import type { CoreDescription } from './core-module.ts'

/**
 * jco writes the names of core imports and exports into JavaScript without escaping them, so a name that leaves its
 * quotes is code. Lone halves of `${` are fine: they only mean something together and inside backticks.
 */
const UNSAFE = /['"`\\\u2028\u2029]|\p{Cc}|\$\{/u

export const isSafeName = (name: string): boolean => !UNSAFE.test(name)

/** The first import or export name that must not reach generated code. */
export function unsafeName(description: Pick<CoreDescription, 'imports' | 'exports'>): string | undefined {
  const names = [
    ...description.imports.flatMap(({ module, name }) => [module, name]),
    ...description.exports.map(({ name }) => name),
  ]
  return names.find((name) => !isSafeName(name))
}

export const hasSafeNames = (description: Pick<CoreDescription, 'imports' | 'exports'>): boolean =>
  unsafeName(description) === undefined
