import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as passing } from 'node:timers/promises'
import { promisify } from 'node:util'
import { startChips } from './chips.ts'
import { createSimChip } from './gpio-sim.ts'
import { kernelProfile, lineOf, realTimeLab } from './profile.ts'
import { END_TO_END } from './result.ts'

/** Manager, broker and proplet inside the lab kernel, used by a person at a shell: tasks on all four kinds of buses. */

const RESULTS = '/run/out/results.jsonl'
const LINES = 32
const PATIENCE_MS = 90_000
const PAUSE_MS = 50

const root = resolve(import.meta.dirname, '../..')
const file = realTimeLab(join(root, 'examples/lab/cell.lab.yaml'))
const lines = createSimChip('cell', LINES)
const chips = await startChips(file, 'loop')
const { yaml, profile } = kernelProfile(file, lines.path)
writeFileSync('/run/tmp/profile.yaml', yaml)
const pressed = (is: boolean) => lines.put(lineOf(profile, 'estop'), !is)
pressed(false)

const cli = join(root, 'cli/main.ts')
const run = promisify(execFile)
const samara = async (...words: string[]): Promise<string> =>
  (await run(process.execPath, [cli, ...words], { cwd: root })).stdout
const value = async (...words: string[]): Promise<unknown> => JSON.parse(await samara('run', ...words, '--json')).value

async function granted(name: string, ...more: string[]): Promise<void> {
  await samara('functions', 'add', `examples/${name}/${name}.wasm`)
  await samara('functions', 'grant', name, ...(more.length ? more : ['--asked']), '--yes')
}

async function until(what: string, reached: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS
  while (!(await reached())) {
    if (performance.now() > endMs) throw new Error(`never: ${what}`)
    await passing(PAUSE_MS)
  }
}

function expect(what: string, seen: unknown, isRight: boolean): void {
  if (!isRight) throw new Error(`${what}: ${JSON.stringify(seen)}`)
}

const cases: readonly (readonly [name: string, run: () => Promise<void>])[] = [
  [
    'a task reads the sensor over /dev/i2c-1',
    async () => {
      await granted('thermostat')
      const seen = (await value('thermostat')) as { ok?: { celsius: number } }
      expect('22.5 °C', seen, Math.abs((seen.ok?.celsius ?? 0) - 22.5) < 0.1)
    },
  ],
  [
    'a deployment switches the relay of a gpio line as the temperature changes, and leaves it off',
    async () => {
      const relay = lineOf(profile, 'motor-1')
      const words = ['deploy', 'thermostat', '--on', '*', '--every', '200ms', '--grant', 'asked', '--yes', '--json']
      const { id } = JSON.parse(await samara(...words))
      for (const [celsius, isOn] of [
        [15, true],
        [30, false],
        [15, true],
      ] as const) {
        await chips.ask({ ask: 'set', part: 'line1-temp', property: 'temperature', value: celsius })
        await until(`relay at ${celsius} °C`, () => lines.level(relay) === isOn)
      }
      await samara('deployments', 'rm', id)
      await until('the safe state', () => !lines.level(relay))
    },
  ],
  [
    'a task waits for the edge of a button',
    async () => {
      const guest = join(root, 'test/proplet/runtime/guests/cell.wasm')
      await samara('functions', 'add', guest, '--name', 'cell')
      await samara('functions', 'grant', 'cell', '--device', 'estop:gpio:read', '--yes')
      let seen: unknown
      const done = value('cell', '--export', 'wait-pins', '["estop"]', 'rising', '"15000000000"').then((got) => {
        seen = got
      })
      let isDown = false
      await Promise.race([
        done,
        until('the edge', async () => {
          isDown = !isDown
          pressed(isDown)
          return seen !== undefined
        }),
      ])
      expect('the first pin', seen, JSON.stringify(seen) === '{"ok":0}')
    },
  ],
  [
    'a task talks to an accelerometer over /dev/spidev0.0',
    async () => {
      await granted('vibration')
      const seen = (await value('vibration', '16')) as { ok?: number }
      expect('a number', seen, typeof seen.ok === 'number')
    },
  ],
  [
    'a task sends bytes through a USB gadget and back',
    async () => {
      await samara('functions', 'add', join(root, 'test/contract/guests/loopback.wasm'))
      await samara('functions', 'grant', 'loopback', '--device', 'loop:usb:read-write', '--yes')
      // The gadget's controller numbers them so.
      const [out, back] = ['2', '129']
      await value('loopback', '--export', 'bulk', out, '[1, 2, 3]', '500')
      const seen = await value('loopback', '--export', 'bulk', back, JSON.stringify(Array(64).fill(0)), '500')
      expect('the same bytes', seen, JSON.stringify(seen) === '{"ok":{"base64":"AQID"}}')
    },
  ],
]

const settings = ['--http-port', '7070', '--mqtt-port', '1883', '--data', '/run/tmp/data']
const up: ChildProcess = spawn(process.execPath, [cli, 'up', ...settings, '--', '--profile', '/run/tmp/profile.yaml'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
await until('a proplet', async () => (await samara('proplets', 'list', '--json').catch(() => '')).includes('on-time'))
for (const [name, body] of cases) {
  const error = await body().then(
    () => undefined,
    (thrown: Error & { stderr?: string }) => `${thrown.message}\n${thrown.stderr ?? ''}`,
  )
  appendFileSync(RESULTS, `${JSON.stringify({ suite: END_TO_END, name, ms: 0, error })}\n`)
}
up.kill('SIGTERM')
process.kill(process.pid, 'SIGKILL')
