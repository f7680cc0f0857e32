import type { Group } from '../bench.ts'
import { type Measured, rate } from '../rows.ts'
import { imageFor, withZephyr } from './board.ts'
import { sizesOf } from './sizes.ts'

const kib = (bytes: number): number => bytes / 1_024

/** What images take, by the parts that they are made of. Only one of these boards is emulated here. */
const boards = { mps2_an385: 'mps2/an385', nucleo_h753zi: 'nucleo_h753zi' }

export const images: Group = withZephyr({
  ids: Object.keys(boards).flatMap((board) => [`zephyr.flash.${board}`, `zephyr.ram.${board}`]),
  async measure(bench) {
    const rows: Measured[] = []
    for (const [board, target] of Object.entries(boards)) {
      const { parts, flash, ram } = sizesOf(await imageFor(target, 'plain', []))
      for (const [part, its] of [...parts].sort(([a], [b]) => a.localeCompare(b)))
        bench.note(`${board}: ${part.padEnd(24)} ${kib(its.flash).toFixed(1)} KiB, RAM ${kib(its.ram).toFixed(1)} KiB`)
      rows.push(rate(`zephyr.flash.${board}`, 'KiB', [kib(flash)]), rate(`zephyr.ram.${board}`, 'KiB', [kib(ram)]))
    }
    return rows
  },
})
