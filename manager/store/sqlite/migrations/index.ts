import { begin } from './0001-begin.ts'
import { devices } from './0002-devices.ts'
import { edges } from './0003-edges.ts'

/** In order; the first makes version 1. A released one never changes: its databases are in the field. */
export const migrations: readonly string[] = [begin, devices, edges]
