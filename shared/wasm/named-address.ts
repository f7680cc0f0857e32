import { bodies, walk } from './code.ts'
import { open, readData } from './core-parts.ts'
import { ByteReader } from './sections.ts'

/**
 * Whether a module may use what stands at an address: its code has it as a number, or its data as a pointer. Compared
 * with only, it is the end of what stands before it.
 */
export const namesAddress = (bytes: Uint8Array, address: number): boolean =>
  codeNames(bytes, address) || dataNames(bytes, address)

const I32_CONST = 0x41
const isComparison = (opcode: number | undefined): boolean => opcode !== undefined && opcode >= 0x46 && opcode <= 0x4f
/** Local and global variables, and loads of i32: what the other side of a comparison is. */
const isOperand = (opcode: number | undefined): boolean => [0x20, 0x22, 0x23, 0x28, 0x41].includes(opcode ?? -1)

function codeNames(bytes: Uint8Array, address: number): boolean {
  const reader = open(bytes, 'code')
  if (!reader) return false
  for (const end of bodies(reader)) {
    const code: { opcode: number; at: number }[] = []
    if (!walk(reader, end, (opcode, at) => code.push({ opcode, at }))) return true
    const uses = code.some(({ opcode, at }, index) => {
      if (opcode !== I32_CONST || new ByteReader(bytes, at).s32() >>> 0 !== address) return false
      const [next, second] = [code[index + 1]?.opcode, code[index + 2]?.opcode]
      return !isComparison(next) && !(isOperand(next) && isComparison(second))
    })
    if (uses) return true
    reader.at = end
  }
  return false
}

/** Pointers stand at multiples of 4 in the memory, wherever their segment starts. */
function dataNames(bytes: Uint8Array, address: number): boolean {
  return readData(bytes).some(({ address: start = 0, bytes: data }) => {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    for (let at = -start & 3; at + 4 <= data.length; at += 4) if (view.getUint32(at, true) === address) return true
    return false
  })
}
