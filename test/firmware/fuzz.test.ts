import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, test } from 'vitest'
import { tempFolder } from '../support/system.ts'
import { BUILD_MS, built, noAgentTools } from './builds.ts'
import { corpus } from './corpus.ts'

/** Fuzzers of the C agent: a bounded number of inputs, from a seed and a corpus of what is well formed. */

const run = promisify(execFile)
const noClang = !existsSync('/usr/bin/clang') && process.env.SAMARA_CI === undefined
if (noClang) console.warn('skipped: fuzzers of the C agent, for which clang is missing here')

const RUN_MS = 240_000

describe.skipIf(noAgentTools || noClang)('no input makes it crash, hang or contradict itself', () => {
  let folder = ''
  beforeAll(async () => {
    folder = join(await built('fuzz'), 'fuzz')
  }, BUILD_MS)

  test.each([
    ['codec', 200_000],
    ['store', 2_000],
    ['module', 20_000],
    ['lift', 100_000],
  ] as const)(
    '%s',
    async (name, runs) => {
      const begin = corpus(name, await tempFolder())
      await run(join(folder, name), [`-runs=${runs}`, '-seed=7', '-max_len=8192', '-rss_limit_mb=2048', begin], {
        timeout: RUN_MS,
        maxBuffer: 64 * 1024 * 1024,
      })
    },
    RUN_MS,
  )
})
