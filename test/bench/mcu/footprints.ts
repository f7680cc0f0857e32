import { join } from 'node:path'
import { agentTools, program } from '../../../cli/firmware/tools.ts'
import type { Group } from '../bench.ts'
import { rate } from '../rows.ts'
import { built, withTools } from './builds.ts'
import { footprint, type Part } from './footprint.ts'

/** Code and RAM that the C agent takes of a microcontroller. */

const tools = [...agentTools, program('arm-none-eabi-gcc', 'gcc-arm-none-eabi libnewlib-arm-none-eabi')]

const kib = (bytes: number): number => bytes / 1_024
const amount = (bytes: number): string => `${kib(bytes).toFixed(1)} KiB`

export const footprints: Group = withTools(tools, {
  ids: ['mcu.text', 'mcu.ram'],
  async measure(bench) {
    const { note } = bench
    const found = footprint({ build: await built('release', bench), dir: join(bench.dir, 'footprint') })
    const sumOf = (what: 'code' | 'constants' | 'ram') => found.parts.reduce((sum, part) => sum + part[what], 0)
    const [code, constants, ram] = [sumOf('code'), sumOf('constants'), sumOf('ram')]
    for (const part of found.parts) note(`mcu.text: ${lineOf(part)}`)
    note(
      `mcu.text: ${amount(code)} code and ${amount(constants)} constants, of which ${amount(found.texts)} are texts; ${amount(found.lto)} in all with LTO`,
    )
    note(`mcu.ram: ${amount(found.stacks)} of it are the runners' stacks`)
    return [rate('mcu.text', 'KiB', [kib(code + constants)]), rate('mcu.ram', 'KiB', [kib(ram)])]
  },
})

const lineOf = ({ subsystem, code, constants, ram }: Part): string =>
  `${subsystem.padEnd(8)} code ${amount(code)}, constants ${amount(constants)}, RAM ${amount(ram)}`
