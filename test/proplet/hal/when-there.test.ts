import { describe, expect, test } from 'vitest'
import { whenThere } from '../../../proplet/hal/when-there.ts'
import { SamaraError } from '../../../shared/errors.ts'
import { collectingLog } from '../../support/log.ts'
import { TestClock } from '../../support/test-clock.ts'

const away = new SamaraError('UNAVAILABLE', 'lab at /run/lab.sock: cannot be reached: ENOENT')

function waiting(load: () => Promise<string>, signal?: AbortSignal) {
  const clock = new TestClock()
  const { log, lines } = collectingLog()
  const found = whenThere(load, { clock, log, random: () => 1, ...(signal && { signal }) })
  return { clock, lines, found }
}

/** Is away so many times; `tries` are counted. */
function comesAfter(times: number) {
  const counted = { tries: 0, load: async () => 'there' }
  counted.load = async () => {
    if (++counted.tries <= times) throw away
    return 'there'
  }
  return counted
}

describe('what a proplet needs', () => {
  test('is taken at once where it is there, without a word', async () => {
    const { found, lines } = waiting(async () => 'there')
    expect(await found).toBe('there')
    expect(lines).toEqual([])
  })

  test('is waited for without end, ever less often, and told once', async () => {
    const lab = comesAfter(500)
    const { clock, found, lines } = waiting(lab.load)
    await clock.run(60_000, 100)
    expect(lab.tries).toBeLessThan(20)
    expect(lines.map(({ msg }) => msg)).toEqual([`${away.message}; waiting for it`])
    await clock.run(500 * 5_000, 5_000)
    expect(await found).toBe('there')
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'info'])
  })

  test('that is there and wrong is no reason to wait', async () => {
    const { found } = waiting(async () => {
      throw new SamaraError('INVALID_ARGUMENT', 'profile: devices: is missing')
    })
    await expect(found).rejects.toThrow('devices: is missing')
  })

  test('is given up when the proplet is to stop, and leaves no timer', async () => {
    const stop = new AbortController()
    const { clock, found } = waiting(comesAfter(500).load, stop.signal)
    await clock.run(1_000)
    stop.abort()
    expect(await found).toBeUndefined()
    expect(clock.pending).toBe(0)
  })
})
