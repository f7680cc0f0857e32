import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { BUILD_MS, built, noAgentTools, type Variant } from './builds.ts'
import { corePrograms } from './suites.ts'

/** Unit tests of the C agent's subsystems, as the compiler makes them, under sanitizers, and for 32-bit ARM. */

const run = promisify(execFile)
const RUN_MS = 240_000
const tests = new URL('../../firmware/tests/', import.meta.url)

/** Programs that samara_test() names, read where they are named. */
const programs: readonly string[] = [...corePrograms.keys(), 'posix_errno', 'posix_lab', 'posix_settings']
/** Of what a build without the libraries of MQTT and YAML leaves out. */
const withLibraries: readonly string[] = ['posix_link', 'posix_profile']
const withoutLibraries: readonly Variant[] = ['arm', 'fast']
const programsOf = (variant: Variant): readonly string[] =>
  withoutLibraries.includes(variant) ? programs : [...programs, ...withLibraries]
/** Of a variant that changes one subsystem alone. */
const isRun = (variant: Variant, name: string): boolean => variant !== 'fast' || name.startsWith('runtime_')

const onPath = (tool: string): boolean =>
  (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, tool)))
const missing = {
  tests: [],
  fast: [],
  sanitized: [],
  arm: ['arm-linux-gnueabihf-gcc', 'qemu-arm-static'],
  fuzz: ['clang'],
} as const

function lacks(variant: Variant): boolean {
  if (process.env.SAMARA_CI !== undefined) return false
  const absent = missing[variant].filter((tool) => !onPath(tool))
  if (absent.length > 0)
    console.warn(`skipped: firmware for ${variant}, for which ${absent.join(', ')} is missing here`)
  return noAgentTools || absent.length > 0
}

const namesAfter = (mark: string, output: string): string[] =>
  output.split('\n').flatMap((line) => (line.startsWith(mark) ? [line.slice(mark.length).trim()] : []))

/** The command of a test program. */
const commandOf = (variant: Variant, file: string): [string, string[]] =>
  variant === 'arm' ? ['qemu-arm-static', [file]] : [file, []]

for (const variant of ['tests', 'fast', 'sanitized', 'arm'] as const)
  describe.skipIf(lacks(variant))(`subsystems of the C agent: ${variant}`, () => {
    let folder = ''
    beforeAll(async () => {
      folder = join(await built(variant), 'tests')
    }, BUILD_MS)

    test.each(programsOf(variant).filter((name) => isRun(variant, name)))(
      '%s',
      async (name) => {
        const [command, args] = commandOf(variant, join(folder, name))
        const { stdout, stderr } = await run(command, args, { timeout: RUN_MS, maxBuffer: 16 * 1024 * 1024 })
        expect(stderr).not.toContain('FAILED')
        // Other suites are held to this list, where no cmocka counts.
        const cases = corePrograms.get(name)
        if (cases) expect(namesAfter('[ RUN      ]', `${stdout}${stderr}`)).toEqual(cases)
      },
      RUN_MS,
    )

    test('every program of the build is in the list', () => {
      const made = readdirSync(folder).filter((name) => !/^(run-call|drive)/.test(name))
      expect(made.sort()).toEqual([...programsOf(variant)].sort())
    })
  })

test('every folder of tests is one that the build takes', () => {
  // What several of them share, and what an image of Zephyr has beside the agent.
  const others = ['support', 'zephyr']
  const folders = readdirSync(tests, { withFileTypes: true }).filter(
    (one) => one.isDirectory() && !others.includes(one.name),
  )
  const without = folders.filter(({ name }) => !existsSync(new URL(`${name}/tests.cmake`, tests)))
  expect(without.map(({ name }) => name)).toEqual([])
})
