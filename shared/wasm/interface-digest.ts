import { type Digest, digestOf } from '../ids.ts'
import { type Signature, signatureText } from '../signature.ts'
import { withoutVersion } from './component-types.ts'

/**
 * What pins a host function: its name without version, and its shape. Incompatible interfaces share one version, so the
 * version says nothing. [P-8.2]
 */
export const functionDigest = (module: string, name: string, signature: Signature): Digest =>
  digestOf(Buffer.from(`${withoutVersion(module)}#${name} ${signatureText(signature)}`))
