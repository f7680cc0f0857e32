import { registerHooks } from 'node:module'
import type { Checked } from './inspect.ts'

/**
 * A process that runs the component tools over one module, answers and ends. They keep 100 MB and read what a stranger
 * wrote, so they are no part of the manager: this process may read its own code and nothing else.
 */

export type CheckRequest = { readonly bytes: Uint8Array; readonly layer: 'core' | 'component' }
export type CheckAnswer = Checked | { readonly error: string }

const SOURCE = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

async function loadTools() {
  const stub = import.meta.resolve(`./wasi-stub.${SOURCE}`)
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier.startsWith('@bytecodealliance/preview2-shim/')
        ? { url: stub, shortCircuit: true }
        : next(specifier, context),
  })
  return await import('@bytecodealliance/jco-transpile/wasm-tools')
}

async function check({ bytes, layer }: CheckRequest): Promise<Checked> {
  const { componentNew, componentWit } = await loadTools()
  if (layer === 'component') return { world: await componentWit(bytes) }
  // Without adapters: a module that needs one is refused before it comes here.
  const component = await componentNew(bytes, [])
  return { component, world: await componentWit(component) }
}

async function answerOf(request: CheckRequest): Promise<CheckAnswer> {
  try {
    return await check(request)
  } catch (error) {
    const payload = (error as { payload?: unknown })?.payload
    return { error: typeof payload === 'string' ? payload : error instanceof Error ? error.message : String(error) }
  }
}

process.once('message', async (request: CheckRequest) => {
  process.send?.(await answerOf(request), () => process.disconnect())
})
