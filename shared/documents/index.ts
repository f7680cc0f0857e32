import { Call, ResultBody } from './call.ts'
import { DesiredList } from './desired-list.ts'
import { Manifest } from './manifest.ts'

/** Documents: encoded like messages, moved as bytes. [P-4.1] */
export const documents = [Call, ResultBody, Manifest, DesiredList] as const
export * from './call.ts'
export * from './desired-list.ts'
export * from './manifest.ts'
