export type Interface = Readonly<Record<string, unknown>>

/**
 * Interfaces that no guest can change: one guest's glue must not be able to put itself between the next one and its
 * host. Their classes inherit nothing of ours, so nothing above them needs freezing.
 */
export function freezeInterfaces<T extends Readonly<Record<string, Interface>>>(interfaces: T): T {
  for (const one of Object.values(interfaces)) {
    for (const value of Object.values(one)) {
      if (typeof value !== 'function') continue
      Object.freeze(value)
      if (value.prototype) Object.freeze(value.prototype)
    }
    Object.freeze(one)
  }
  return Object.freeze(interfaces)
}
