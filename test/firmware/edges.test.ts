import { describe, expect, test } from 'vitest'
import { openCell } from '../support/cell.ts'
import { BUILD_MS, noAgentTools } from './builds.ts'
import { startCellAgent } from './cell-agent.ts'

/** A deployment on the C agent that a push of a button starts, from the command line to the lab's wire. [P-7.3] */

describe.skipIf(noAgentTools)('an input of the C agent whose edge starts a run', () => {
  test(
    'runs its function when it is pressed and when it is let go, and no more after it was removed',
    async () => {
      const cell = await openCell()
      await cell.upload('ticker', 'ticker/ticker.wasm')
      await startCellAgent(cell, 'mcu-1', { cell: '1' })
      const deploy = ['deploy', 'ticker', '--on', 'cell=1', '--keep', '--throttle', '0s', '--on-edge', 'estop:both']
      const { code, out } = await cell.cli([...deploy, '--grant', 'estop:gpio:r', '--yes'])
      expect(code).toBe(0)
      const id = out.trim()
      const state = (wanted: string) =>
        cell.happened((event) => (event.type === 'deployment-state' && event.state.state === wanted) || undefined)
      const result = (seq: number) =>
        cell.happened((event) =>
          event.type === 'deployment-result' && event.result.seq === seq ? event.result : undefined,
        )
      await state('ready')
      const button = cell.lab.part('estop')
      button.set('pressed', true)
      expect(await result(1)).toMatchObject({ deployment: id, outcome: 'completed' })
      button.set('pressed', false)
      expect(await result(2)).toMatchObject({ deployment: id, outcome: 'completed' })
      await cell.cli(['deployments', 'rm', id])
      await state('stopped')
    },
    BUILD_MS,
  )
})
