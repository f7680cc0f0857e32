/** Loaded by the compiler: exports where the memory of a module ends, by the names that a microcontroller's runtime knows. */
const HEAP_BASE = '~lib/memory/__heap_base'

export default class {
  afterCompile(module) {
    if (!module.getGlobal(HEAP_BASE)) return
    for (const name of ['__heap_base', '__data_end']) module.addGlobalExport(HEAP_BASE, name)
  }
}
