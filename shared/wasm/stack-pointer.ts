import { bodies, walk } from './code.ts'
import { open } from './core-parts.ts'
import { ByteReader } from './sections.ts'

/**
 * Whether a variable global is the pointer of the stack that a compiler keeps in linear memory. Everything that is done
 * with it must be what LLVM does with its own: a counter that happens to start with a plausible address is not one.
 */

const GLOBAL_GET = 0x23
const GLOBAL_SET = 0x24
const LOCAL_GET = 0x20
const LOCAL_SET = 0x21
const LOCAL_TEE = 0x22
const I32_CONST = 0x41
const I32_ADD = 0x6a
const I32_SUB = 0x6b
const I32_AND = 0x71

/** The stack keeps this alignment at every call. */
export const STACK_ALIGNMENT = 16

/** Whether the code ever sets the global; also true where it is not understood. */
export function isSet(bytes: Uint8Array, global: number): boolean {
  const reader = open(bytes, 'code')
  let set = false
  for (const end of reader ? bodies(reader) : []) {
    const show = (opcode: number, at: number) => {
      if (opcode === GLOBAL_SET && new ByteReader(bytes, at).u32() === global) set = true
    }
    if (set || !reader || !walk(reader, end, show)) return true
    reader.at = end
  }
  return set
}

type Instruction = { readonly opcode: number; readonly at: number }

export function isStackPointer(bytes: Uint8Array, global: number): boolean {
  const reader = open(bytes, 'code')
  if (!reader) return false
  let frames = 0
  for (const end of bodies(reader)) {
    const instructions: Instruction[] = []
    if (!walk(reader, end, (opcode, at) => instructions.push({ opcode, at }))) return false
    const found = framesIn(bytes, instructions, global)
    if (found === undefined) return false
    frames += found
    reader.at = end
  }
  return frames > 0
}

/** Frames that the function takes; undefined where it does with the global what nobody does with a stack pointer. */
function framesIn(bytes: Uint8Array, code: readonly Instruction[], global: number): number | undefined {
  const operand = (index: number): number => new ByteReader(bytes, code[index]?.at).s32()
  const means = (index: number) => new ByteReader(bytes, code[index]?.at).u32() === global
  const is = (index: number, ...opcodes: number[]) => opcodes.includes(code[index]?.opcode ?? -1)
  let frames = 0
  for (const [index, { opcode }] of code.entries()) {
    if (opcode === GLOBAL_GET && means(index)) {
      const takes = is(index + 1, I32_CONST) && operand(index + 1) % STACK_ALIGNMENT === 0 && is(index + 2, I32_SUB)
      if (!takes && !is(index + 1, LOCAL_SET, LOCAL_TEE)) return undefined
      if (takes) frames++
    }
    if (opcode === GLOBAL_SET && means(index)) {
      const moved = is(index - 1, LOCAL_TEE) && is(index - 2, I32_SUB, I32_AND, I32_ADD)
      const givenBack = is(index - 1, I32_ADD) && is(index - 2, I32_CONST) && is(index - 3, LOCAL_GET)
      if (!moved && !givenBack && !is(index - 1, LOCAL_GET)) return undefined
    }
  }
  return frames
}
