import { join } from 'node:path'
import { buildAgent } from '../../../cli/firmware/build-agent.ts'
import { agentTools, missingTools, program } from '../../../cli/firmware/tools.ts'
import type { Group } from '../bench.ts'
import { type Measured, rate } from '../rows.ts'
import { footprint } from './footprint.ts'

/** The C agent: what it takes of a microcontroller. */

const tools = [...agentTools, program('arm-none-eabi-gcc', 'gcc-arm-none-eabi libnewlib-arm-none-eabi')]
/** Kconfig's defaults, where the build for Linux has its own. */
const defaults = { CONFIG_SAMARA_GRANTS: '8' }

const kib = (bytes: number): number => bytes / 1_024

export const mcu: Group = {
  ids: ['mcu.text', 'mcu.ram'],
  async measure({ dir, note }) {
    const missing = missingTools(tools)
    if (missing.length > 0) {
      note(`left out: mcu.*, for which ${missing.map(({ name }) => name).join(', ')} is missing here`)
      return []
    }
    const parts = footprint({ build: await buildAgent({ options: defaults, note }), dir: join(dir, 'footprint') })
    for (const { subsystem, text, ram } of parts)
      note(`${subsystem.padEnd(8)} text ${kib(text).toFixed(1)} KiB, RAM ${kib(ram).toFixed(1)} KiB`)
    const sumOf = (what: 'text' | 'ram') => kib(parts.reduce((sum, part) => sum + part[what], 0))
    const rows: Measured[] = [rate('mcu.text', 'KiB', [sumOf('text')]), rate('mcu.ram', 'KiB', [sumOf('ram')])]
    return rows
  },
}
