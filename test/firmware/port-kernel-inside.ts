import { type Kernel, startKernel } from '../kernel/kernel.ts'
import { runCase } from '../kernel/run-case.ts'
import { Drive } from './drive.ts'
import { portSuites } from './port-suites.ts'

/** The program of a lab kernel: every case by the C agent's drivers, and a line for each where the host finds it. */

const { i2c, smbus, spi, gpio, ...rest } = await startKernel()
const drive = new Drive([process.env.SAMARA_DRIVE ?? ''])
const { driver } = drive
const kernel: Kernel = {
  ...rest,
  i2c: { ...i2c, driver },
  smbus: { ...smbus, driver },
  spi: { ...spi, driver },
  gpio: { ...gpio, driver },
}
for (const { name, cases } of portSuites) for (const one of cases) await runCase(name, one, kernel)
// The gadget's reads are under way, which nothing ends: an ordinary exit would wait for them.
process.kill(process.pid, 'SIGKILL')
