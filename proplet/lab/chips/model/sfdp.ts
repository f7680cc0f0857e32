/** What a flash says of itself: JESD216's basic parameter table, as far as its first revision goes. */

const DWORDS = 9
const TABLE_AT = 0x80

const dword = (value: number) => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]

/** Erase types: size as a power of two, and opcode. */
const erase4k = 0x20_0c
const erase32k = 0x52_0f
const erase64k = 0xd8_10

export function sfdpOf(sizeBytes: number): Uint8Array {
  const sfdp = new Uint8Array(256).fill(0xff)
  // Signature, revision 1.0, one parameter header.
  sfdp.set([0x53, 0x46, 0x44, 0x50, 0, 1, 0, 0xff])
  sfdp.set([0, 0, 1, DWORDS, TABLE_AT, 0, 0, 0xff], 8)
  const table = [
    // 4 KiB erase by 0x20, pages of at least 64 bytes, no volatile status, 3 address bytes, plain reads only.
    0xff80_20e5,
    sizeBytes * 8 - 1,
    // Fast reads over two and four lines: none.
    ...[0, 0, 0xffff_ffee, 0xffff, 0xffff],
    (erase32k << 16) | erase4k,
    erase64k,
  ]
  sfdp.set(table.flatMap(dword), TABLE_AT)
  return sfdp
}
