import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CompileError, npmToolchain, type Toolbox } from './toolchain.ts'

type ComponentizePackage = {
  componentize(options: {
    witPath: string
    jsSource: string
    world?: string
    stubWasi: boolean
    sync: boolean
    optSize: boolean
  }): Promise<{ component: Uint8Array }>
}

/**
 * JavaScript with QuickJS around it: a component in other bytes each time. One that imports nothing gets no WASI either;
 * beside host interfaces componentize-qjs cannot take it away, and Linux proplets have it.
 */
export async function javaScriptComponent(
  source: string,
  { wit, own, world }: { readonly wit: string; readonly own: string; readonly world: string },
  tools: Toolbox,
): Promise<Uint8Array> {
  const main = join(npmToolchain('componentize-qjs', tools), 'index.js')
  const { componentize } = (await import(pathToFileURL(main).href)) as ComponentizePackage
  const jsSource = readFileSync(source, 'utf8')
  const folder = mkdtempSync(join(tools.cacheDir, 'qjs-'))
  try {
    const witPath = join(folder, 'world.wit')
    writeFileSync(witPath, wit)
    const options = { witPath, jsSource, world, stubWasi: !/^\s*import\s/m.test(own), sync: true, optSize: true }
    return (await componentize(options)).component
  } catch (error) {
    throw new CompileError(source, 'componentize-qjs', error instanceof Error ? error.message : String(error))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
