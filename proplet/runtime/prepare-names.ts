/** Files of a prepared module. */
export const GLUE = 'glue.js'
export const CORE_FILE = 'core.wasm'
