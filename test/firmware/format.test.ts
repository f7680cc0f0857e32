import { execFileSync, spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** The C sources are as clang-format writes them, with Zephyr's settings. */

const root = new URL('../..', import.meta.url).pathname
const noTool = spawnSync('clang-format', ['--version']).status !== 0 && process.env.SAMARA_CI === undefined
if (noTool) console.warn('skipped: the format of the C agent, for which clang-format is missing here')

/** What `npm run derive` makes has a form of its own. */
const DERIVED = /\/(messages|error_codes|topic_table|host_functions)\.[ch]$/

test.skipIf(noTool)('clang-format would change nothing', () => {
  const listed = execFileSync('git', ['ls-files', 'firmware/*.c', 'firmware/*.h'], { cwd: root, encoding: 'utf8' })
  const files = listed.split('\n').filter((file) => file !== '' && !DERIVED.test(file))
  expect(files.length).toBeGreaterThan(100)
  const { status, stderr } = spawnSync('clang-format', ['--dry-run', '-Werror', ...files], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
