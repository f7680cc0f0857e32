import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseConfig } from '../../manager/config.ts'
import { startManager } from '../../manager/start.ts'
import { realClock } from '../../shared/clock.ts'
import { propletId } from '../../shared/ids.ts'
import { type ConformanceRow, labFile } from '../contract/conformance.ts'
import { startChips } from '../kernel/chips.ts'
import { createSimChip } from '../kernel/gpio-sim.ts'
import { asTheKernelSays, prepare } from '../kernel/guests.ts'
import { kernelProfile, realTimeLab } from '../kernel/profile.ts'
import { CONFORMANCE, type Result } from '../kernel/result.ts'
import { quiet } from '../support/quiet.ts'
import { rows, runAsJob, uploadGuests } from './table.ts'

/**
 * The program of a lab kernel: a manager, the C agent on the kernel's buses, and a task for each row of the table. A line
 * for each where the host finds it.
 */

const RESULTS = '/run/out/results.jsonl'
const LINES = 8
const MQTT_PORT = 1883
const AGENT = 'mcu-1'

const file = realTimeLab(labFile)
const lines = createSimChip('lab', LINES)
const chips = await startChips(file)
const { yaml, profile } = kernelProfile(file, lines.path)
writeFileSync('/run/tmp/profile.yaml', yaml)
const { manager, http } = await startManager({
  config: parseConfig({
    argv: ['--http-port', '0', '--mqtt-port', String(MQTT_PORT), '--data', '/run/tmp/manager'],
  }),
  clock: realClock,
  log: quiet,
  version: 'test',
  readFile: (path) => readFileSync(path),
  usage: () => ({ memory: process.memoryUsage(), cpu: process.cpuUsage(), uptimeSeconds: process.uptime() }),
})
const { token } = await manager.proplets.add(propletId(AGENT), {})
writeFileSync('/run/tmp/token', token)
await agentOnline()
// The agent has no usb.
const jobs = {
  url: `http://127.0.0.1:${http.port}`,
  proplet: AGENT,
  profile: profile.filter(({ kind }) => kind !== 'usb'),
}
await uploadGuests(jobs)
for (const row of rows.map(asTheKernelSays)) {
  const began = performance.now()
  const error = await errorOf(row)
  leave({ suite: CONFORMANCE, name: row.name, ms: Math.round(performance.now() - began), error })
}
// The chips' read is under way, which nothing ends: an ordinary exit would wait for it.
process.kill(process.pid, 'SIGKILL')

async function agentOnline(): Promise<void> {
  const own = { id: AGENT, broker: `mqtt://127.0.0.1:${MQTT_PORT}`, tokenFile: '/run/tmp/token' }
  const args = ['--id', own.id, '--broker', own.broker, '--token-file', own.tokenFile, '--data', '/run/tmp/agent']
  const agent: ChildProcess = spawn(process.env.SAMARA_AGENT ?? '', [...args, '--profile', '/run/tmp/profile.yaml'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const online = Promise.withResolvers<void>()
  for (const input of [agent.stdout, agent.stderr])
    if (input)
      createInterface({ input }).on('line', (line) => {
        console.log(line)
        if (/link: online/.test(line)) online.resolve()
      })
  const ended = once(agent, 'exit').then(([code]) => {
    throw new Error(`samara-agent ended with ${code}`)
  })
  await Promise.race([online.promise, ended])
  ended.catch((error: unknown) => {
    console.error(error)
    process.kill(process.pid, 'SIGKILL')
  })
}

async function errorOf(row: ConformanceRow): Promise<string | undefined> {
  try {
    await prepare(row, { chips, lines, profile })
    const { wrong, cut } = await runAsJob(row, jobs)
    return wrong[0] ?? (cut ? 'the record was too short' : undefined)
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}

function leave(result: Result): void {
  appendFileSync(RESULTS, `${JSON.stringify(result)}\n`)
}
