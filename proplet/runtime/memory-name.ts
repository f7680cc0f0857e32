/** Under which a module's memory is exported for the host to look at, where it exports none itself. */
export const EXPOSED_MEMORY = 'samara:memory'
