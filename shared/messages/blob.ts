import { ErrorBody, sha256 } from '../fields.ts'
import { bytes, field, type Infer, message, optional, uint } from '../schema.ts'

/** Most data bytes that a chunk can have; a receiver asks for less. */
export const MAX_CHUNK_BYTES = 65_536

export const BlobGet = message(
  'blob-get',
  'Asks for a window of a blob: bytes from offset, in chunks of a size. [P-4.4]',
  {
    digest: field(1, sha256, 'Blob.'),
    offset: field(2, uint(32), 'First byte that is wanted.'),
    length: field(3, uint(32), 'Bytes that are wanted now: the window.'),
    chunk: field(4, uint(32), 'Most data bytes per message.'),
  },
)
export type BlobGet = Infer<typeof BlobGet>

export const BlobChunk = message('blob-chunk', 'One piece of a blob, or why there is none. [P-4.4]', {
  digest: field(1, sha256, 'Blob.'),
  offset: field(2, uint(32), 'Where the data belong.'),
  sizeBytes: field(3, uint(32), 'Of the whole blob.'),
  data: optional(4, bytes({ max: MAX_CHUNK_BYTES }), 'Bytes.'),
  error: optional(5, ErrorBody, 'Why the window cannot be had.'),
})
export type BlobChunk = Infer<typeof BlobChunk>
