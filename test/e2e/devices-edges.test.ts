import { describe, expect, test } from 'vitest'
import { openCell } from '../support/cell.ts'

/** A deployment that a push of a button starts, from the command line to the lab's wire. [P-7.3] */

const labels = { cell: '1' }
const deploy = ['deploy', 'ticker', '--on', 'cell=1', '--keep', '--throttle', '0s']
const grants = ['--grant', 'estop:gpio:r', '--yes']

describe('an input whose edge starts a run', () => {
  test('runs its function when it is pressed and when it is let go, and no more after it was removed', async () => {
    const cell = await openCell()
    await cell.upload('ticker', 'ticker/ticker.wasm')
    await cell.proplet('cell-1', { labels })
    const { code, out } = await cell.cli([...deploy, '--on-edge', 'estop:both', ...grants])
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
    expect((await cell.cli(['deployments', 'show', id])).out).toContain('when estop changes, kept')
    await cell.cli(['deployments', 'rm', id])
    await state('stopped')
  })

  test('is refused where it is no input, by the manager and in its words', async () => {
    const cell = await openCell()
    await cell.upload('ticker', 'ticker/ticker.wasm')
    await cell.proplet('cell-1', { labels })
    const lamp = await cell.cli([...deploy, '--on-edge', 'lamp', '--grant', 'lamp:gpio:r', '--yes'])
    const shown = (await cell.cli(['deployments', 'show', lamp.out.trim()])).out
    expect(shown).toContain('cell-1: has lamp not as an input')
    const { code, err } = await cell.cli([...deploy, '--on-edge', 'estop:falling'])
    expect([code, err]).toEqual([1, expect.stringContaining('estop is not granted for reading as gpio')])
  })
})
