import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CompileError, npmToolchain, sdkFile, type Toolbox } from './toolchain.ts'

/** C, by a clang that is WebAssembly itself and comes from npm. */

type OutputStream = (bytes: Uint8Array | null) => void
type Files = Readonly<Record<string, string | Uint8Array>>

type ClangPackage = {
  readonly commands: {
    clang(
      args: readonly string[] | null,
      files?: Files,
      options?: { stdout?: OutputStream; stderr?: OutputStream; fetchProgress?: () => void },
    ): Promise<Readonly<Record<string, Uint8Array>>>
  }
}

const STACK_BYTES = 1024

/** C without libc. Keeps what a microcontroller's runtime reads to cut the memory to stack and data. */
export function cModule(source: string, tools: Toolbox): Promise<Uint8Array> {
  const exported = ['__data_end', '__heap_base', '__stack_pointer'].map((name) => `-Wl,--export=${name}`)
  const link = ['-nostdlib', '-Wl,--no-entry', `-Wl,-z,stack-size=${STACK_BYTES}`, ...exported]
  return clang(source, ['--target=wasm32', '-ffreestanding', '-mmutable-globals', '-mbulk-memory', ...link], tools)
}

/** C with wasi-libc: a WASI 0.1 command. */
export function cCommand(source: string, tools: Toolbox): Promise<Uint8Array> {
  return clang(source, ['--target=wasm32-wasip1', '-Wl,-z,stack-size=8192'], tools)
}

async function clang(source: string, flags: readonly string[], tools: Toolbox): Promise<Uint8Array> {
  const bundle = join(npmToolchain('clang', tools), 'gen/bundle.js')
  const { commands } = (await import(pathToFileURL(bundle).href)) as ClangPackage
  // Without arguments it only loads itself; done by a compilation, that prints its progress.
  await commands.clang(null, {}, { fetchProgress: () => {} })
  const said: Uint8Array[] = []
  const listen: OutputStream = (bytes) => {
    if (bytes) said.push(bytes)
  }
  const name = basename(source)
  const warnings = ['-Wall', '-Wextra', '-Werror']
  const args = ['-Oz', '-flto', ...warnings, '-Wl,--strip-all', ...flags, '-I.', name, '-o', 'out.wasm']
  try {
    const made = await commands.clang(args, filesOf(source), { stdout: listen, stderr: listen })
    if (made['out.wasm']) return made['out.wasm']
  } catch {
    // What it threw says less than what it wrote.
  }
  throw new CompileError(source, 'clang', Buffer.concat(said).toString('utf8'))
}

/** It sees no file system: the source, the headers beside it and ours are all there is. */
function filesOf(source: string): Files {
  const files: Record<string, string> = {}
  for (const folder of [sdkFile('c'), dirname(source)])
    for (const name of readdirSync(folder))
      if (name.endsWith('.h')) files[name] = readFileSync(join(folder, name), 'utf8')
  files[basename(source)] = readFileSync(source, 'utf8')
  return files
}
