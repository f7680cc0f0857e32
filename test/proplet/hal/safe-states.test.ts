import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Profile } from '../../../proplet/hal/profile.ts'
import { bench, gpio, grant, guestOf, never, openHal, runOnce } from './support.ts'

const ON = { call: { op: 'set', level: true } } as const

describe('a safe state is taken', () => {
  test('at boot, before anything runs, by every output that has one', async () => {
    const { path, lines } = await bench()
    const pins = path('pins')
    await openHal([
      gpio('motor', 1, {}, pins),
      gpio('valve', 2, { safe: 'high' }, pins),
      gpio('lamp', 3, { safe: 'hold' }, pins),
      gpio('button', 4, { direction: 'input', safe: 'hold' }, pins),
    ])
    expect(lines('pins').sort()).toEqual(['motor open', 'motor set low', 'valve open', 'valve set high'])
  })

  test('at the end of a run, and the output stays open', async () => {
    const { path, lines } = await bench()
    const hal = await openHal([gpio('motor', 1, {}, path('pins'))])
    await runOnce(hal, [grant('motor', 'gpio', 'write')], [ON])
    expect(lines('pins').slice(2)).toEqual(['motor set high', 'motor set low'])
  })

  test('after the guest was killed', async () => {
    const { path, lines } = await bench()
    const hal = await openHal([gpio('motor', 1, {}, path('pins'))])
    const session = await hal.open({ holder: 'task t-1', grants: [grant('motor', 'gpio')] })
    const run = await session.begin(never)
    const guest = guestOf(session.bus)
    await guest.play([ON, { begin: { op: 'wait', target: 0 } }])
    await guest.kill()
    await run?.end({ safe: true })
    expect(lines('pins').at(-1)).toBe('motor set low')
  })

  test('not between two good runs of a deployment, but when it is removed', async () => {
    const { path, lines } = await bench()
    const hal = await openHal([gpio('motor', 1, {}, path('pins'))])
    const session = await hal.open({ holder: 'deployment d', grants: [grant('motor', 'gpio')] })
    const guest = guestOf(session.bus)
    for (let count = 0; count < 2; count++) {
      const run = await session.begin(never)
      await guest.play([ON])
      await run?.end({ safe: false })
    }
    expect(lines('pins').slice(2)).toEqual(['motor set high', 'motor set high'])
    await session.close({ safe: true })
    expect(lines('pins').at(-1)).toBe('motor set low')
  })

  test('before the next holder has the output', async () => {
    const { path, lines } = await bench()
    const hal = await openHal([gpio('motor', 1, {}, path('pins'))])
    const open = () => hal.open({ holder: 'task', grants: [grant('motor', 'gpio')] })
    const [first, second] = [await open(), await open()]
    const run = await first.begin(never)
    const next = second.begin(never).then(async (begun) => {
      await guestOf(second.bus).play([ON])
      await begun?.end({ safe: false })
    })
    await run?.end({ safe: true })
    await next
    expect(lines('pins').slice(2)).toEqual(['motor set low', 'motor set high'])
  })

  test('not by a holder that only looked', async () => {
    const { path, lines } = await bench()
    const hal = await openHal([gpio('motor', 1, {}, path('pins'))])
    await runOnce(hal, [grant('motor', 'gpio', 'read')], [{ call: { op: 'get' } }])
    expect(lines('pins').slice(2)).toEqual(['motor get'])
  })

  test('when the agent stops, whoever still holds it', async () => {
    const { path, lines } = await bench()
    const hal = await openHal([gpio('motor', 1, {}, path('pins'))])
    const session = await hal.open({ holder: 'deployment d', grants: [grant('motor', 'gpio')] })
    await session.begin(never)
    await guestOf(session.bus).play([ON])
    await hal.close()
    expect(lines('pins').slice(-3)).toEqual(['motor set low', 'motor close', 'driver closed'])
  })
})

describe('the guard', () => {
  const agentOf = async (profile: Profile) => {
    const agent = spawn(
      process.execPath,
      [fileURLToPath(new URL('./agent-process.ts', import.meta.url)), JSON.stringify(profile)],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    onTestFinished(() => void agent.kill('SIGKILL'))
    await once(agent.stdout, 'data')
    return agent
  }

  test('takes the safe states when the agent is killed', async () => {
    const { path, lines } = await bench()
    const agent = await agentOf([gpio('motor', 1, {}, path('pins')), gpio('valve', 2, { safe: 'high' }, path('bus'))])
    const said = once(agent.stderr, 'data')
    expect(lines('pins').at(-1)).toBe('motor set high')
    agent.kill('SIGKILL')
    expect(String(await said)).toMatch(/killed; its outputs have their safe states: motor, valve/)
    expect(lines('pins').slice(-4)).toEqual(['motor open', 'motor set low', 'motor close', 'driver closed'])
    expect(lines('bus')).toContain('valve set high')
  })

  test('says nothing and does nothing when the agent stops by itself', async () => {
    const { path, lines } = await bench()
    const agent = await agentOf([gpio('motor', 1, {}, path('pins'))])
    let said = ''
    agent.stderr.on('data', (text) => {
      said += text
    })
    agent.kill('SIGTERM')
    // The guard holds the other end of it: closed is when both are gone.
    await once(agent, 'close')
    expect(said).toBe('')
    expect(lines('pins').slice(-3)).toEqual(['motor set low', 'motor close', 'driver closed'])
  })
})
