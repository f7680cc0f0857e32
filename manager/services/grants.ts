import type { Grant } from '../../shared/capabilities.ts'
import { Grants } from '../../shared/documents/grants.ts'
import { SamaraError } from '../../shared/errors.ts'
import type { Digest } from '../../shared/ids.ts'
import type { BlobStore, Granted } from '../store/store.ts'

/** Grants as they travel: a document in the blob store, and what it says. [P-10.2] */
export type GrantSet = { readonly digest: Digest; readonly sizeBytes: number; readonly grants: readonly Grant[] }

/** Throws INVALID_ARGUMENT for what no device could obey. */
export function checkGrants(grants: readonly Grant[]): void {
  for (const [index, grant] of grants.entries()) checkGrant(grants, grant, index)
}

function checkGrant(grants: readonly Grant[], grant: Grant, index: number): void {
  const { device, kind, addresses, maxBytes, perSecond } = grant
  const wrong = (name: keyof Grant, what: string, expected: string) =>
    new SamaraError('INVALID_ARGUMENT', `grant of ${device}: ${what}, ${expected} expected`, {
      field: `grants[${index}].${name}`,
      expected,
    })
  if (grants.findIndex((one) => one.device === device) < index)
    throw wrong('device', 'it is granted twice', 'one grant for each device')
  if (addresses && kind !== 'i2c') throw wrong('addresses', `a device of kind ${kind} has none`, 'none')
  if (addresses?.length === 0) throw wrong('addresses', 'the list is empty', 'at least one, or no list')
  if (maxBytes === 0) throw wrong('maxBytes', '0', 'at least 1')
  if (perSecond === 0) throw wrong('perSecond', '0', 'at least 1')
}

export async function putGrants(blobs: BlobStore, grants: readonly Grant[]): Promise<GrantSet> {
  const bytes = Grants.encode({ grants })
  return { digest: await blobs.put(bytes), sizeBytes: bytes.length, grants }
}

const HELD = 256

/** Reads grants, and keeps the last few: every submission asks for them. */
export function createGrantReader(blobs: BlobStore) {
  const held = new Map<Digest, GrantSet>()

  async function read(digest: Digest): Promise<GrantSet> {
    const known = held.get(digest)
    if (known) return known
    const bytes = await blobs.get(digest)
    const set = { digest, sizeBytes: bytes.length, grants: Grants.decode(bytes).grants }
    if (held.size >= HELD) held.delete(held.keys().next().value as Digest)
    held.set(digest, set)
    return set
  }

  /** None where nothing was granted: the absence of grants denies everything. */
  return async (granted: Pick<Granted, 'grants'> | undefined): Promise<GrantSet | undefined> => {
    const set = granted && (await read(granted.grants))
    return set && set.grants.length > 0 ? set : undefined
  }
}
