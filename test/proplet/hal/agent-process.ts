import { openPort } from '../../../proplet/hal/channel.ts'
import { createHal } from '../../../proplet/hal/hardware.ts'
import { realClock } from '../../../shared/clock.ts'
import { fakeDrivers } from '../../support/fake-driver.ts'
import { quiet } from '../../support/quiet.ts'

/** What an agent does of an agent's life: its guest has switched the outputs on, and says so. */

const profile = JSON.parse(process.argv[2] ?? '[]')
const hal = await createHal({
  profile,
  virtualTime: false,
  interfaces: [],
  clock: realClock,
  log: quiet,
  drivers: fakeDrivers,
})
const grants = profile.map(({ name: device }: { name: string }) => ({ device, kind: 'gpio', access: 'write' }))
const session = await hal.open({ holder: 'task t-1', grants })
await session.begin(new AbortController().signal)
const port = openPort(session.bus)
for (const index of grants.keys()) port.call(index, { op: 'set', level: true })
process.on('SIGTERM', async () => {
  await hal.close()
  process.exit(0)
})
process.stdout.write('on\n')
setInterval(() => undefined, 1000)
