import { join } from 'node:path'
import { buildAgent } from '../../../cli/firmware/build-agent.ts'
import { agentTools, missingTools, program, type Tool } from '../../../cli/firmware/tools.ts'
import type { Bench, Group } from '../bench.ts'
import type { Measured } from '../rows.ts'

/** Builds of the C agent that are measured, and what they need of the machine. */

const toolchain = join(import.meta.dirname, '../../../firmware/posix/cmake/arm-linux.cmake')
/** 32-bit ARM, with the memory of a small board. */
const arm = {
  ...{ SAMARA_BENCH: 'ON', SAMARA_LINK: 'OFF', SAMARA_PROFILE: 'OFF', CMAKE_TOOLCHAIN_FILE: toolchain },
  ...{ CONFIG_SAMARA_POOL_SIZE: `${192 * 1024}`, CONFIG_SAMARA_KEPT: '128' },
}
const builds = {
  /** What a user gets, and the programs of firmware/posix/bench beside it. */
  release: { SAMARA_BENCH: 'ON' },
  arm,
  'arm-fast': { ...arm, CONFIG_SAMARA_FAST_INTERPRETER: 'y' },
} as const
export type Build = keyof typeof builds

export const built = (build: Build, { note }: Pick<Bench, 'note'>): Promise<string> =>
  buildAgent({ options: builds[build], note })

export const armTools: readonly Tool[] = [
  ...agentTools,
  program('arm-linux-gnueabihf-gcc', 'gcc-arm-linux-gnueabihf libc6-dev-armhf-cross'),
  program('qemu-arm-static', 'qemu-user-static'),
]

/** A group that is left out, with a word on it, where the machine lacks tools. */
export const withTools = (tools: readonly Tool[], { ids, measure }: Group): Group => ({
  ids,
  async measure(bench): Promise<readonly Measured[]> {
    const missing = missingTools(tools).map(({ name }) => name)
    if (missing.length === 0) return await measure(bench)
    bench.note(`left out: ${ids.join(', ')}, for which ${missing.join(', ')} is missing here`)
    return []
  },
})
