import { registerHooks } from 'node:module'
import { SamaraError, toSamaraError } from '../../shared/errors.ts'
import { checkInterfaces, checkNames } from './module-check.ts'
import { GLUE } from './prepare-names.ts'

/**
 * A process that makes JavaScript of one component with jco, says what came out, and ends. It holds 100 to 200 MB while
 * it works and it reads what a stranger wrote, so it is no part of the agent: it may read its own code and nothing else.
 */

export type PrepareAnswer =
  | { readonly files: readonly (readonly [name: string, bytes: Uint8Array])[] }
  | { readonly error: { readonly code: SamaraError['code']; readonly message: string } }

type Bindgen = {
  readonly $init: Promise<void>
  generate(component: Uint8Array, options: Readonly<Record<string, unknown>>): Generated
}
type Generated = { readonly files: readonly (readonly [string, Uint8Array])[]; readonly imports: readonly string[] }

const OPTIONS = {
  name: 'component',
  instantiation: { tag: 'sync' },
  noTypescript: true,
  noNodejsCompat: true,
  noComponentErrorWrapping: false,
  // Every core module as a file, or its memory would escape its limit.
  base64Cutoff: 0,
  map: [],
}

/** What jco writes around the glue, and what it becomes in a script that is handed its globals. */
const EXPORTS = [
  ['export function instantiate(', 'function instantiate('],
  ['export const _util = {', 'const _util = {'],
] as const
const HEAD =
  "(function (scope) {\n'use strict';\nconst { console, globalThis, queueMicrotask, spend, TextDecoder, TextEncoder, WebAssembly } = scope;\n"
const TAIL = '\nreturn { instantiate };\n})'

/** The agent resolves it: looking it up here would take the right to read every folder above. */
const bindgenUrl = (): string => process.argv[2] ?? ''

/** jco is a component itself and imports the preview2 shim, which starts a worker: ours stands in for it. */
async function loadBindgen(): Promise<Bindgen> {
  const shim = import.meta.resolve(`./prepare-shim.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`)
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier.startsWith('@bytecodealliance/preview2-shim/')
        ? { url: shim, shortCircuit: true }
        : next(specifier, context),
  })
  const bindgen = (await import(bindgenUrl())) as Bindgen
  await bindgen.$init
  return bindgen
}

async function prepare(bytes: Uint8Array): Promise<PrepareAnswer> {
  const bindgen = await loadBindgen()
  const { files, imports } = generate(bindgen, bytes)
  checkInterfaces(imports)
  const made = files.map(([name, content]): readonly [string, Uint8Array] => {
    if (name.endsWith('.js')) return [GLUE, Buffer.from(scriptOf(Buffer.from(content).toString()))]
    checkNames(content)
    return [name, content]
  })
  return { files: made }
}

function generate(bindgen: Bindgen, bytes: Uint8Array): Generated {
  try {
    return bindgen.generate(bytes, OPTIONS)
  } catch (error) {
    const message = error instanceof Error ? error.message : String((error as { payload?: unknown })?.payload ?? error)
    throw new SamaraError('INVALID_ARGUMENT', `component: ${message.slice(0, 200)}`)
  }
}

/** Bytes that an element of a list which is no typed array is reckoned with. */
const ELEMENT_BYTES = 64

/**
 * A guest can name the same megabyte a million times in a list of lists. V8 ends the whole process, not the worker, when
 * one array grows past the heap, so lists are paid for before they are lifted; strings are where they are decoded.
 */
const PAID = [
  [/\bfor \(let i = 0; i < (len\w+); i\+\+\) \{/g, `spend($1 * ${ELEMENT_BYTES});\n$&`],
  [/\.buffer\.slice\((\w+), \1 \+ (len\w+) \* (\d+)\)/g, '.buffer.slice((spend($2 * $3), $1), $1 + $2 * $3)'],
] as const

function scriptOf(module: string): string {
  let body = module
  for (const [pattern, paid] of PAID) body = body.replace(pattern, paid)
  for (const [from, to] of EXPORTS) body = body.replace(from, to)
  if (/^\s*(?:import|export)\b/m.test(body))
    throw new SamaraError('INTERNAL', 'glue has an import or export that is not known')
  return HEAD + body + TAIL
}

async function answerOf(bytes: Uint8Array): Promise<PrepareAnswer> {
  try {
    return await prepare(bytes)
  } catch (error) {
    const { code, message } = toSamaraError(error)
    return { error: { code, message } }
  }
}

process.once('message', async (bytes: Uint8Array) => {
  process.send?.(await answerOf(bytes), () => process.disconnect())
})
