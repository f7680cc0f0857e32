import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Transcript } from '../../shared/documents/transcript.ts'
import { labFile, linesOf } from '../contract/conformance.ts'
import { type Cell, openCell } from '../support/cell.ts'
import { BUILD_MS, noAgentTools } from './builds.ts'
import { startCellAgent } from './cell-agent.ts'

/** Functions that wait for pins on the C agent, and one that asks for what it does not have. */

const RUN_MS = 180_000
const guest = (name: string) => readFileSync(new URL(`../contract/guests/${name}.wasm`, import.meta.url))

async function waitingCell(): Promise<Cell> {
  const cell = await openCell({ lab: labFile })
  await startCellAgent(cell, 'mcu-1')
  await cell.upload('waits', guest('waits'), [{ device: 'button', kind: 'gpio', access: 'read' }])
  return cell
}

const waitFor = (event: string, more: object = {}) => ({
  ...{ function: 'waits', export: 'wait-pins', args: [['button'], event], proplet: 'mcu-1' },
  ...more,
})

describe.skipIf(noAgentTools)('a function on the C agent that waits for a pin', () => {
  test(
    'goes on when somebody presses the button, and its record says so',
    async () => {
      const cell = await waitingCell()
      const submitted = await cell.submit(waitFor('high', { record: true }))
      await submitted.running()
      cell.lab.part('button').set('pressed', true)
      expect(await submitted.ended()).toMatchObject({ outcome: 'completed', value: { ok: 0 } })
      const answer = await fetch(`${cell.manager.url}/v1/tasks/${submitted.task}/transcript`, {
        headers: { accept: 'application/cbor' },
      })
      expect(linesOf(Transcript.decode(new Uint8Array(await answer.arrayBuffer())))).toEqual(['button wait high =1'])
    },
    BUILD_MS + RUN_MS,
  )

  test(
    'ends at its deadline',
    async () => {
      const cell = await waitingCell()
      const ended = await cell.run(waitFor('rising', { timeoutMs: 300 }))
      expect(ended).toMatchObject({ outcome: 'timed-out' })
    },
    BUILD_MS + RUN_MS,
  )

  test(
    'ends when its task is cancelled',
    async () => {
      const cell = await waitingCell()
      const submitted = await cell.submit(waitFor('rising'))
      await submitted.running()
      await cell.manager.post(`/v1/tasks/${submitted.task}/cancel`)
      expect(await submitted.ended()).toMatchObject({ outcome: 'cancelled' })
    },
    BUILD_MS + RUN_MS,
  )
})

describe.skipIf(noAgentTools)('a fleet with C agents alone', () => {
  test(
    'places nothing that asks for usb, and says why',
    async () => {
      const cell = await waitingCell()
      await cell.upload('loopback', guest('loopback'))
      const { json } = await cell.manager.post('/v1/inspect', guest('loopback'))
      expect(json.proplets).toEqual([
        {
          proplet: 'mcu-1',
          fits: false,
          reason: expect.stringMatching(
            /does not offer component:usb\/device.*; loads lowered-core, and not component/,
          ),
        },
      ])
      const job = { function: 'loopback', export: 'control', args: [192, 0, 0, 0], key: 'usb' }
      const refused = await cell.manager.post('/v1/jobs', job)
      expect(refused).toMatchObject({ status: 409, json: { code: 'UNPLACEABLE' } })
      expect(refused.json.reasons).toEqual([expect.stringMatching(/^mcu-1: does not offer component:usb\//)])
    },
    BUILD_MS + RUN_MS,
  )
})
