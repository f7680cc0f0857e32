import { expect, test } from 'vitest'
import { sizesBySymbol } from './sizes.ts'

/** As `nm -S -l` writes it. */
const LISTING = `         U nothing
00000100 00000010 T task_start\t/samara/firmware/src/task/task.c:20
00000110 00000008 t run\t/samara/firmware/src/port/zephyr/base.c:64
00000120 00000020 T wasm_loader_load\t/crates/wasm-micro-runtime/core/iwasm/interpreter/wasm_loader.c:1
20000000 00000004 d chance\t/samara/firmware/src/task/attempts.c:7
20000010 00000100 b slots\t/samara/firmware/src/task/attempts.c:9
20000110 00000040 B nobody_knows
00000200 A an_address
`

test('what symbols take is counted where they come from', () => {
  expect(Object.fromEntries(sizesBySymbol(LISTING))).toEqual({
    'agent/task': { flash: 0x14, ram: 0x104 },
    port: { flash: 0x8, ram: 0 },
    WAMR: { flash: 0x20, ram: 0 },
    other: { flash: 0, ram: 0x40 },
  })
})
