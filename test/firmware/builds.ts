import { join } from 'node:path'
import { cacheFolder } from '../../cli/cache.ts'
import { buildAgent } from '../../cli/firmware/build-agent.ts'
import { agentTools, missingTools } from '../../cli/firmware/tools.ts'
import { foreignPackages } from '../support/apt.ts'
import { hasTool } from '../support/tools.ts'

/** Builds of the C agent that tests use; each is made once for a state of its sources. */

/** For `describe.skipIf`. Under SAMARA_CI nothing is skipped: the suite fails where a tool is missing. */
const missing = missingTools(agentTools).map(({ name }) => name)
export const noAgentTools = missing.length > 0 && process.env.SAMARA_CI === undefined

if (noAgentTools) console.warn(`skipped: the C agent, for which ${missing.join(', ')} is missing here`)

/** For 32-bit ARM. */
export const noArmTools =
  noAgentTools ||
  (['arm-linux-gnueabihf-gcc', 'qemu-arm-static'].some((name) => !hasTool(name)) && process.env.SAMARA_CI === undefined)

/** Longer than a build takes on a slow machine. */
export const BUILD_MS = 300_000

const variants = {
  /** What a user gets, and every test beside it. */
  tests: { SAMARA_TESTS: 'ON' },
  sanitized: { SAMARA_TESTS: 'ON', SAMARA_SANITIZE: 'address,undefined', CMAKE_BUILD_TYPE: 'Debug' },
  arm: {
    SAMARA_TESTS: 'ON',
    SAMARA_LINK: 'OFF',
    SAMARA_PROFILE: 'OFF',
    CMAKE_TOOLCHAIN_FILE: new URL('../../firmware/posix/cmake/arm-linux.cmake', import.meta.url).pathname,
  },
  /** The other interpreter; the same runtime. */
  fast: { SAMARA_TESTS: 'ON', SAMARA_LINK: 'OFF', SAMARA_PROFILE: 'OFF', CONFIG_SAMARA_FAST_INTERPRETER: 'y' },
  fuzz: {
    SAMARA_FUZZ: 'ON',
    SAMARA_LINK: 'OFF',
    SAMARA_PROFILE: 'OFF',
    SAMARA_SANITIZE: 'address,undefined',
    CMAKE_C_COMPILER: 'clang',
    CMAKE_BUILD_TYPE: 'Debug',
  },
} as const
export type Variant = keyof typeof variants

/** cmocka for 32-bit ARM, which the cross compiler comes without. */
const armCmocka = (): string =>
  foreignPackages(['libcmocka-dev', 'libcmocka0'], join(cacheFolder(process.env), 'cmocka-armhf'), {
    suite: 'bookworm',
    architecture: 'armhf',
  })

/** The folder of a build. */
export const built = (variant: Variant): Promise<string> =>
  buildAgent({ options: { ...variants[variant], ...(variant === 'arm' && { SAMARA_CMOCKA: armCmocka() }) } })
