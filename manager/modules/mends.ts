import type { CoreDescription } from '../../shared/wasm/core-module.ts'
import type { Shrunk } from '../../shared/wasm/shrink.ts'

/** What would make a module smaller, in the words of the tool that made it. */

/** Rust's linker reserves so much; a microcontroller has not. */
const LARGE_STACK_BYTES = 16_384

/** Why a C proplet gives it whole pages, and what helps; one row for each thing that has to change. */
export function mendsOf(
  bytes: Uint8Array,
  core: CoreDescription,
  { kept, stackBytes = 0 }: Pick<Shrunk, 'kept' | 'stackBytes'>,
): string[] {
  if (kept === undefined) return []
  const tool = toolOf(bytes)
  const rows = core.growsMemory ? [`${kept}; ${GROWS[tool]}`] : [kept]
  if (stackBytes > LARGE_STACK_BYTES) rows.push(`${stackBytes} bytes of it are its stack; ${STACK[tool]}`)
  return rows
}

type Tool = 'rust' | 'assemblyscript' | 'c'

const GROWS: Readonly<Record<Tool, string>> = {
  rust: 'it is a Rust guest with the allocator of the standard library: use the template for microcontrollers (no_std and a heap of fixed size, examples/sdk/rust)',
  assemblyscript:
    'AssemblyScript’s runtime asks for more memory: allocate from a static buffer, as examples/sdk/assemblyscript does',
  c: 'its malloc asks for more memory: use static buffers or the arena of examples/sdk/c',
}

const STACK: Readonly<Record<Tool, string>> = {
  rust: 'link with -C link-arg=-zstack-size=4096',
  assemblyscript: 'compile with --stackSize 0',
  c: 'link with -Wl,-z,stack-size=4096',
}

/** From the texts that each leaves behind; C leaves none. */
function toolOf(bytes: Uint8Array): Tool {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (all.includes('/rustc/') || all.includes('wit-bindgen-rust') || all.includes('dlmalloc')) return 'rust'
  return all.includes('~lib/') || all.includes(UTF16_LIB) ? 'assemblyscript' : 'c'
}

/** AssemblyScript's own texts are UTF-16. */
const UTF16_LIB = Buffer.from('~lib/', 'utf16le')
