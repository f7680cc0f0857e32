import { beforeAll, describe, expect, test } from 'vitest'
import { corePrograms } from './suites.ts'
import { boards, noZephyr, ZEPHYR_BUILD_MS } from './zephyr.ts'
import { runSuites, type SuitesRun, suitesRun } from './zephyr-suites.ts'

/**
 * The unit tests of the core under ztest: the same cases as on this machine (units.test.ts), with Zephyr's threads and C
 * library, in its native simulator and on an emulated Cortex-M3.
 */

const RUN_MS = 1_200_000
/** Suites that are Zephyr's alone; of them that of what stands in for cmocka. */
const ZEPHYRS = 'zephyr_'
const OWN = `${ZEPHYRS}cmocka: `
const declared = [...corePrograms].flatMap(([program, cases]) => cases.map((name) => `${program}: ${name}`))

for (const board of boards)
  describe.skipIf(noZephyr)(`the unit tests of the core on Zephyr, ${board.target}`, () => {
    let run: SuitesRun = suitesRun([])
    beforeAll(async () => {
      run = await runSuites(board)
    }, ZEPHYR_BUILD_MS + RUN_MS)

    test.each(declared)('%s', (name) => {
      const { outcome, said } = run.cases.get(name) ?? { outcome: 'never ran', said: [run.tail] }
      expect(outcome, said.join('\n')).toBe('PASS')
    })

    test('are those of this machine, and no others', () => {
      const ran = [...run.cases.keys()].filter((name) => !name.startsWith(ZEPHYRS))
      expect(ran.sort()).toEqual([...declared].sort())
      expect(run.isSuccessful, run.tail).toBe(true)
    })

    test('of the port for Zephyr too', () => {
      const own = [...run.cases].filter(([name]) => name.startsWith(ZEPHYRS))
      expect(own.filter(([, { outcome }]) => outcome !== 'PASS')).toEqual([])
      expect(own.filter(([name]) => name.startsWith(`${ZEPHYRS}debounce: `))).toHaveLength(5)
    })

    test('fail where an assertion does not hold, and say where and why', () => {
      const failing = [...run.cases].filter(([name]) => name.startsWith(`${OWN}fails_`))
      expect(failing.length).toBeGreaterThan(12)
      for (const [name, { said }] of failing)
        expect(said.join('\n'), name).toMatch(/cmocka_test\.c:\d+: error: |failed/)
      expect(run.cases.get(`${OWN}fails_a_number`)?.said.join('\n')).toMatch(
        /cmocka_test\.c:\d+: error: two == 3: 2 \(0x2\) and 3 \(0x3\)$/m,
      )
    })
  })

test('a case of Zephyr that failed is one here', () => {
  const run = suitesRun([
    'Running TESTSUITE store',
    '===================================================================',
    'START - values_have_bounds',
    'store_test.c:40: error: 1 == 2: 1 (0x1) and 2 (0x2)',
    ' FAIL - values_have_bounds in 0.001 seconds',
    'PROJECT EXECUTION FAILED',
  ])
  expect(run.isSuccessful).toBe(false)
  expect(run.cases.get('store: values_have_bounds')).toEqual({
    outcome: 'FAIL',
    said: ['store_test.c:40: error: 1 == 2: 1 (0x1) and 2 (0x2)'],
  })
})
