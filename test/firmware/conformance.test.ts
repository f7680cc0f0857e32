import { describe, expect, test } from 'vitest'
import { fetchProfile } from '../../proplet/hal/drivers/sim/index.ts'
import { labFile } from '../contract/conformance.ts'
import { prepare } from '../contract/conformance-run.ts'
import { openCell } from '../support/cell.ts'
import { BUILD_MS, noAgentTools } from './builds.ts'
import { startCellAgent } from './cell-agent.ts'
import { rows, runAsJob, uploadGuests } from './table.ts'
import { seenOtherwise } from './wires.ts'

/** The table of test/contract on the C agent: a job for each row, its devices in the virtual lab, its record compared. */

const ROW_MS = 120_000

describe.skipIf(noAgentTools)('guests on the C agent put on the bus what the data sheets say', () => {
  test(
    'each row of the table: the same bytes, the same result',
    async () => {
      const cell = await openCell({ lab: labFile })
      await startCellAgent(cell, 'mcu-1')
      const { devices } = await fetchProfile(cell.socket, 'mcu-1')
      // The agent has no usb.
      const profile = devices.filter(({ kind }) => kind !== 'usb')
      const jobs = { url: cell.manager.url, proplet: 'mcu-1', profile }
      await uploadGuests(jobs)

      const found: string[] = []
      const cut: string[] = []
      for (const row of rows) {
        prepare(row, cell.lab)
        cell.lab.trace.clear()
        const ended = await runAsJob(row, jobs)
        const seen = seenOtherwise(row, profile, cell.lab.trace.wires('i2c-0'))
        found.push(...[...ended.wrong, ...(seen ? [seen] : [])].map((one) => `${row.name}: ${one}`))
        if (ended.cut) cut.push(row.name)
      }
      expect(found).toEqual([])
      // Its bytes were compared on the wires.
      expect(cut).toEqual(['an EEPROM writes over the end of a page and acknowledges nothing meanwhile'])
      expect(rows.length).toBeGreaterThan(30)
    },
    BUILD_MS + rows.length * ROW_MS,
  )
})
