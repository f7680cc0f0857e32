import { startKernel } from './kernel.ts'
import { runCase } from './run-case.ts'
import { suites } from './suites.ts'

/** The program of the lab kernel: runs every case and leaves a line for each where the host finds it. */

const kernel = await startKernel()
let failures = 0
for (const { name, cases } of suites) for (const one of cases) failures += (await runCase(name, one, kernel)) ? 0 : 1
console.log(failures === 0 ? 'all passed' : `${failures} failed`)
// Reads of the gadget's endpoints are under way, which nothing ends: an ordinary exit would wait for them.
process.kill(process.pid, 'SIGKILL')
