import { join } from 'node:path'
import { buildKernel } from './build.ts'
import { suites } from './suites.ts'
import { bootKernel } from './uml.ts'

/** `npm run test:kernel`: builds the lab kernel where there is none yet, and runs every suite inside. */

const kernel = buildKernel((line) => console.log(line))
const began = performance.now()
const { output, results } = await bootKernel(kernel, join(import.meta.dirname, 'inside.ts'))
for (const { suite, name, ms, error } of results)
  console.log(`${error === undefined ? 'ok  ' : 'FAIL'} ${suite}: ${name} (${ms} ms)${error ? `\n     ${error}` : ''}`)
const wanted = suites.reduce((sum, { cases }) => sum + cases.length, 0)
const passed = results.filter(({ error }) => error === undefined).length
console.log(`${passed} of ${wanted} passed, ${((performance.now() - began) / 1000).toFixed(1)} s`)
if (results.length < wanted) console.log(output)
process.exitCode = passed === wanted ? 0 : 1
