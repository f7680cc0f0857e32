import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools'
import { SamaraError } from '../errors.ts'
import { type ComponentDescription, describeComponent } from './component.ts'

/**
 * Reads the world of a WIT text. The reference implementation parses it, wraps a dummy of its world into a component,
 * and the types are read from that, as from anybody's component: one reader, so a host's digest and a guest's agree.
 * Only for derived tables and tests: it loads the tools, which no running proplet should.
 */
export async function worldOfWit(witSource: string, world?: string): Promise<Omit<ComponentDescription, 'cores'>> {
  const { imports, exports } = describeComponent(await dummyComponent(witSource, world))
  return { imports, exports }
}

async function dummyComponent(witSource: string, world: string | undefined): Promise<Uint8Array> {
  try {
    return await componentNew(await componentEmbed({ witSource, dummy: true, ...(world !== undefined && { world }) }))
  } catch (error) {
    throw new SamaraError(
      'INVALID_ARGUMENT',
      `WIT: ${error instanceof Error ? error.message : JSON.stringify(error)}`,
      { cause: error },
    )
  }
}
