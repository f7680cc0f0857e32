import { join } from 'node:path'
import { buildAgent } from '../../../cli/firmware/build-agent.ts'
import { agentTools, missingTools, program } from '../../../cli/firmware/tools.ts'
import type { Group } from '../bench.ts'
import { rate } from '../rows.ts'
import { footprint, type Part } from './footprint.ts'

/** Code and RAM that the C agent takes of a microcontroller. */

const tools = [...agentTools, program('arm-none-eabi-gcc', 'gcc-arm-none-eabi libnewlib-arm-none-eabi')]
/** Kconfig's defaults, where the build for Linux has its own. */
const defaults = { CONFIG_SAMARA_GRANTS: '8' }

const kib = (bytes: number): number => bytes / 1_024
const amount = (bytes: number): string => `${kib(bytes).toFixed(1)} KiB`

export const footprints: Group = {
  ids: ['mcu.text', 'mcu.ram'],
  async measure({ dir, note }) {
    const missing = missingTools(tools)
    if (missing.length > 0) {
      note(`left out: mcu.text, mcu.ram, for which ${missing.map(({ name }) => name).join(', ')} is missing here`)
      return []
    }
    const found = footprint({ build: await buildAgent({ options: defaults, note }), dir: join(dir, 'footprint') })
    const sumOf = (what: 'code' | 'constants' | 'ram') => found.parts.reduce((sum, part) => sum + part[what], 0)
    const [code, constants, ram] = [sumOf('code'), sumOf('constants'), sumOf('ram')]
    for (const part of found.parts) note(`mcu.text: ${lineOf(part)}`)
    note(
      `mcu.text: ${amount(code)} code and ${amount(constants)} constants, of which ${amount(found.texts)} are texts; ${amount(found.lto)} in all with LTO`,
    )
    note(`mcu.ram: ${amount(found.stacks)} of it are the runners' stacks`)
    return [rate('mcu.text', 'KiB', [kib(code + constants)]), rate('mcu.ram', 'KiB', [kib(ram)])]
  },
}

const lineOf = ({ subsystem, code, constants, ram }: Part): string =>
  `${subsystem.padEnd(8)} code ${amount(code)}, constants ${amount(constants)}, RAM ${amount(ram)}`
