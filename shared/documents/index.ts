import { Call, ResultBody } from './call.ts'
import { DesiredList } from './desired-list.ts'
import { Grants } from './grants.ts'
import { Manifest } from './manifest.ts'
import { Transcript } from './transcript.ts'

/** Documents: encoded like messages, moved as bytes. [P-4.1] */
export const documents = [Call, ResultBody, Manifest, DesiredList, Grants, Transcript] as const
export * from './call.ts'
export * from './desired-list.ts'
export * from './grants.ts'
export * from './manifest.ts'
export * from './transcript.ts'
