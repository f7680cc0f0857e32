import { expect, test } from 'vitest'
import { placedSections } from './linker-map.ts'

/** As GNU ld writes it. */
const MAP = `Discarded input sections

 .text.unused   0x00000000       0x40 out/codec/table.c.o

Linker script and memory map

 .text.short    0x00008000       0x10 out/codec/table.c.o
 .text.with_a_longer_name
                0x00008010       0x20 out/task/task.c.o
 .rodata.say.str1.1
                0x00009000       0x30 out/link/pull.c.o
                                 0x36 (size before relaxing)
 .rodata.said.str1.1
                0x00009010        0xc out/hal/hal.c.o
 *fill*         0x0000901c        0x4
 .comment       0x00000000       0x39 out/hal/hal.c.o
`

test('reads what was placed, and not what was dropped', () => {
  expect(placedSections(MAP)).toEqual([
    { section: '.text.short', size: 0x10, file: 'out/codec/table.c.o' },
    { section: '.text.with_a_longer_name', size: 0x20, file: 'out/task/task.c.o' },
    { section: '.rodata.say.str1.1', size: 0x10, file: 'out/link/pull.c.o' },
    { section: '.rodata.said.str1.1', size: 0xc, file: 'out/hal/hal.c.o' },
  ])
})
