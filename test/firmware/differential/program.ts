import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const firmware = fileURLToPath(new URL('../../../firmware/posix', import.meta.url))
const build = fileURLToPath(new URL('../../../.cache/firmware/differential', import.meta.url))

let configured: Promise<unknown> | undefined

/** The command of a test program of the C agent's, built first. SAMARA_FIRMWARE_TESTS names a folder of built ones. */
export async function runCallProgram(name: string): Promise<readonly string[]> {
  const built = process.env.SAMARA_FIRMWARE_TESTS
  if (built) return [`${built}/${name}`]
  configured ??= run('cmake', [
    '-S',
    firmware,
    '-B',
    build,
    '-DSAMARA_TESTS=ON',
    '-DSAMARA_LINK=OFF',
    '-DSAMARA_PROFILE=OFF',
  ])
  await configured
  await run('cmake', ['--build', build, '--target', name, '-j2'])
  return [`${build}/tests/${name}`]
}
