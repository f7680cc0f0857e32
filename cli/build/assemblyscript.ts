import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CompileError, npmToolchain, sdkFile, type Toolbox, tryRun } from './toolchain.ts'

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
