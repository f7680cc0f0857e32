import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readExportRows } from '../../shared/wasm/core-parts.ts'
import { editCore } from '../../shared/wasm/edit-core.ts'
import { CompileError, npmToolchain, sdkFile, type Toolbox, tryRun } from './toolchain.ts'

/**
 * The module with the names that its world has: AssemblyScript cannot export `chip-id`, so `chipId` becomes it where the
 * WIT text speaks of that name.
 */
export function withWitNames(module: Uint8Array, wit: string): Uint8Array {
  const words = new Set(wit.match(/[\w-]+/g))
  const wrong = readExportRows(module).filter(({ name }) => kebab(name) !== name && words.has(kebab(name)))
  const addExports = wrong.map(({ name, ...row }) => ({ name: kebab(name), ...row }))
  return editCore(module, { dropExports: wrong.map(({ name }) => name), addExports })
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** AssemblyScript without a collector and without the import of `abort`; `samara` is our library. */
export function assemblyScriptModule(source: string, tools: Toolbox): Uint8Array {
  const compiler = join(npmToolchain('assemblyscript', tools), 'bin/asc.js')
  const folder = mkdtempSync(join(tools.cacheDir, 'asc-'))
  try {
    const out = join(folder, 'out.wasm')
    const flags = ['--runtime', 'stub', '--use', 'abort=', '-Oz', '--noAssert']
    const sdk = ['--lib', sdkFile('assemblyscript'), '--transform', sdkFile('assemblyscript', 'memory-end.mjs')]
    const args = [compiler, basename(source), ...flags, ...sdk, '--outFile', out]
    const done = tryRun(process.execPath, args, dirname(source), tools.env)
    if (done?.status === 0) return readFileSync(out)
    throw new CompileError(source, 'asc', `${done?.stdout ?? ''}${done?.stderr ?? ''}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
