import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { type Agent, type AgentSettings, createAgent } from '../../proplet/agent.ts'
import type { Hal } from '../../proplet/hal/hal.ts'
import { createHal } from '../../proplet/hal/hardware.ts'
import { createLink } from '../../proplet/mqtt/link.ts'
import type { Runtime } from '../../proplet/runtime/runtime.ts'
import { realClock } from '../../shared/clock.ts'
import { propletId } from '../../shared/ids.ts'
import { FakeRuntime } from './fake-runtime.ts'
import { MockManager } from './mock-manager.ts'
import { settle, TestClock } from './test-clock.ts'

export const silentLog = pino({ level: process.env.SAMARA_TEST_LOG ?? 'silent' })

export type PropletOptions = {
  readonly settings?: Partial<AgentSettings>
  readonly dataDir?: string
  readonly manager?: MockManager
  readonly runtime?: Runtime
  /** Without devices where it is left out. */
  readonly hal?: Hal
  /** Where no broker is to be found. */
  readonly url?: string
  readonly clock?: TestClock
}

export type Proplet<R extends Runtime = FakeRuntime> = {
  readonly agent: Agent
  readonly manager: MockManager
  readonly clock: TestClock
  readonly runtime: R
  readonly dataDir: string
  /** Ends without draining or saying goodbye, as a crash would: only what is on disk is left. */
  crash(): void
}

export async function tempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'samara-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}

/** A proplet that is online at a mock manager, on a clock that the test moves. */
export async function onlineProplet(options: PropletOptions = {}): Promise<Proplet> {
  const proplet = await startProplet(options)
  await proplet.manager.next('hello')
  await until(() => proplet.agent.stats().connection === 'online')
  return proplet
}

export async function startProplet(options: PropletOptions = {}): Promise<Proplet> {
  const manager = options.manager ?? (await openManager())
  const dataDir = options.dataDir ?? (await tempDir())
  const clock = options.clock ?? new TestClock()
  const runtime = (options.runtime ?? new FakeRuntime()) as FakeRuntime
  const hal =
    options.hal ??
    (await createHal({ profile: [], virtualTime: false, interfaces: [], clock: realClock, log: silentLog }))
  const agent = createAgent({
    settings: { ...defaults(dataDir), ...options.settings },
    clock,
    log: silentLog,
    runtime,
    hal,
    random: () => 0.5,
    freeMemory: () => 1_000_000,
    openLink: (identity) =>
      createLink({
        ...identity,
        url: options.url ?? manager.url,
        propletId: propletId(manager.proplet),
        namespace: 'default',
        clock,
        log: silentLog,
        random: () => 0.5,
      }),
  })
  await agent.start()
  let stopped = false
  onTestFinished(async () => {
    if (stopped) return
    const stopping = agent.stop()
    while (!runtime.closed) await clock.run(1_000, 100)
    await stopping
  })
  const crash = () => {
    stopped = true
    manager.cut()
  }
  return { agent, manager, clock, runtime, dataDir, crash }
}

export async function openManager(): Promise<MockManager> {
  const manager = await MockManager.open()
  onTestFinished(() => manager.close())
  return manager
}

const defaults = (dataDir: string): AgentSettings => ({
  propletId: propletId('p-1'),
  dataDir,
  labels: {},
  slots: 2,
  queue: 4,
  deploymentSlots: 2,
  aliveMs: 10_000,
  memoryPages: 256,
  outputBytes: 65_536,
  maxImageBytes: 1_048_576,
  cacheBytes: 10_000_000,
  drainMs: 5_000,
  software: 'samara/test',
  arch: 'x64',
})

/** Waits for what sockets and promises bring about; no time passes on the test's clock. */
export async function until(reached: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 5_000
  while (!reached()) {
    if (performance.now() > deadlineMs) throw new Error(`never reached: ${reached}`)
    await settle(1)
  }
}

/** Moves the clock in small steps until it is so. */
export async function untilLater(clock: TestClock, reached: () => boolean, stepMs = 50): Promise<void> {
  const deadlineMs = performance.now() + 5_000
  while (!reached()) {
    if (performance.now() > deadlineMs) throw new Error(`never reached: ${reached}`)
    clock.advance(stepMs)
    await settle()
  }
}
