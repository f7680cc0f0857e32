import { beforeAll, describe, expect, test } from 'vitest'
import { fetchProfile } from '../../proplet/hal/drivers/sim/index.ts'
import type { DeviceSpec } from '../../proplet/hal/profile.ts'
import { type ConformanceRow, labFile } from '../contract/conformance.ts'
import { openCell } from '../support/cell.ts'
import { startCellAgent } from './cell-agent.ts'
import { rows, runAsJob, uploadGuests } from './table.ts'
import { agentOf, boards, imageOf, noZephyr, ZEPHYR_BUILD_MS, ZEPHYR_TEST_MS, type ZephyrAgent } from './zephyr.ts'

/**
 * The table of test/contract on the C agent on Zephyr, over Zephyr's bus emulators: an emulated chip knows the lines of
 * its row, compares what reaches it with them, and answers what they say. Lines of the agent's record are compared too.
 */

const MCU = 'mcu-1'
/** How often a chip is asked before it is done; the table says any number. */
const POLLS = 2

/** Rows that no bus of Zephyr's can run, and why. */
const notHere: Readonly<Record<string, string>> = {
  'i2c: a byte is not acknowledged': "drivers of Zephyr's have one number for an address and a byte that nobody wants",
}

/** What an emulated chip is to expect: lines of i2c, and of spi each segment that reaches it. */
function linesFor({ bus }: ConformanceRow, profile: readonly DeviceSpec[]): string[] {
  return bus.flatMap((line) => {
    const isMany = line.startsWith('* ')
    const [device = '', ...words] = line.replace('* ', '').split(' ')
    const spec = profile.find(({ name }) => name === device)
    const times = isMany ? POLLS : 1
    if (spec?.kind === 'i2c') {
      const [address = '', ...segments] = words
      const digits = address.padStart(spec.tenBit || address.length > 2 ? 3 : 2, '0')
      return Array<string>(times).fill([device, digits, ...segments].join(' '))
    }
    if (spec?.kind !== 'spi') return []
    const segments = words.filter((word) => !word.startsWith('d')).map((word) => `${device} ${word}`)
    return Array<string[]>(times).fill(segments).flat()
  })
}

/** Granted whatever a row says: who has no device has no record either. */
const ALWAYS = 'lamp'

/** Devices that a row names: one holder has eight of them on a microcontroller, and the lab has more. */
function named(row: ConformanceRow, profile: readonly DeviceSpec[]): DeviceSpec[] {
  const words = new Set([ALWAYS, row.bus.join(' ').split(' '), row.args].flat(2))
  return profile.filter(({ name }) => words.has(name))
}

describe.skipIf(noZephyr).each(boards)('the table of test/contract on the C agent on Zephyr, $name', (board) => {
  beforeAll(() => imageOf(board, 'conformance'), ZEPHYR_BUILD_MS)

  async function start() {
    const cell = await openCell({ lab: labFile })
    const profile = (await fetchProfile(cell.socket, MCU)).devices.filter(({ kind }) => kind !== 'usb')
    let agent: ZephyrAgent | undefined
    await startCellAgent(cell, MCU, {}, async (options) => {
      agent = await agentOf(board, 'conformance')(options)
      return agent
    })
    const tell = async (command: string) => (await (agent as ZephyrAgent).ask(command)).at(-1) ?? ''
    const jobs = { url: cell.manager.url, proplet: MCU, profile }
    await uploadGuests(jobs)
    return { tell, profile, jobs }
  }

  test(
    'each row: the same bytes, the same result',
    async () => {
      const { tell, profile, jobs } = await start()

      const found: string[] = []
      const here = rows.filter(({ name }) => !(name in notHere))
      for (const row of here) {
        for (const [path, value] of Object.entries(row.set ?? {}))
          if (path === 'button.pressed') expect(await tell(`cell set button pressed ${value}`)).toMatch(/^ok /)
        for (const line of linesFor(row, profile)) expect(await tell(`table add ${line}`)).toBe('ok')
        const { wrong } = await runAsJob(row, { ...jobs, profile: named(row, profile) })
        const seen = await tell('table end')
        found.push(...[...wrong, ...(seen.startsWith('ok') ? [] : [seen])].map((one) => `${row.name}: ${one}`))
      }
      expect(found).toEqual([])
      expect(here.length).toBeGreaterThan(30)
      expect(rows.length - here.length).toBe(Object.keys(notHere).length)
    },
    2 * ZEPHYR_TEST_MS,
  )

  test(
    'a chip that is asked for another thing than its row says so',
    async () => {
      const { tell, profile, jobs } = await start()
      const row = rows.find(({ name }) => name === 'i2c write: a threshold') as ConformanceRow
      expect(await tell('table add thermometer 48 w035081')).toBe('ok')
      expect((await runAsJob(row, { ...jobs, profile: named(row, profile) })).wrong).not.toEqual([])
      expect(await tell('table end')).toBe('error w035080 came, expected w035081')
      expect(await tell('table add store 50 w00')).toBe('ok')
      expect(await tell('table end')).toBe('error nothing came, expected store 50 w00')
    },
    ZEPHYR_TEST_MS,
  )
})
