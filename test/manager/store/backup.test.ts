import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { backup, restore } from '../../../manager/store/backup.ts'
import { completed, D1, EDGE, jobRecord, newTask, placed, text } from './records.ts'
import { NOW_MS, refusal, standingClock, store, temporaryFolder } from './support.ts'

describe('backup and restore', () => {
  it('copies a store in use, whole at one moment', async () => {
    const folder = await temporaryFolder()
    const opened = await store()
    const blob = await opened.blobs.put(text('module'))
    let writing = true
    let written = 0
    const writer = (async () => {
      while (writing) {
        written++
        await opened.addJob(jobRecord(written), [newTask(written)], [placed(written)])
        await opened.step(completed(written))
      }
    })()
    while (written < 20) await opened.probe()
    const before = written - 1
    await backup(opened, join(folder, 'backup'))
    writing = false
    await writer
    expect((await readdir(join(folder, 'backup'))).sort()).toEqual(['blobs', 'samara.db'])

    await restore(join(folder, 'backup'), join(folder, 'data'), standingClock())
    const restored = await store({ dir: join(folder, 'data') })
    expect(restored.incarnation).toBe(NOW_MS + 1)
    expect(await restored.blobs.get(blob)).toEqual(text('module'))
    const { tasks } = await restored.counts()
    expect((tasks.completed ?? 0) + (tasks.scheduled ?? 0)).toBeGreaterThanOrEqual(before)
    expect(tasks.scheduled ?? 0).toBeLessThanOrEqual(1)
    expect(tasks.pending).toBeUndefined()
  })

  it('gives a restored store the time as incarnation where that is larger', async () => {
    const folder = await temporaryFolder()
    const opened = await store()
    await opened.setDesired(EDGE, D1, 1)
    await backup(opened, join(folder, 'backup'))
    await restore(join(folder, 'backup'), join(folder, 'data'), standingClock(NOW_MS + 5000))
    const restored = await store({ dir: join(folder, 'data') })
    expect(restored.incarnation).toBe(NOW_MS + 5000)
    expect(await restored.desired()).toEqual(await opened.desired())
  })

  it('writes over nothing', async () => {
    const folder = await temporaryFolder()
    const opened = await store({ dir: join(folder, 'data') })
    await backup(opened, join(folder, 'backup'))
    const again = await refusal(backup(opened, join(folder, 'backup')))
    expect(again).toMatchObject({ code: 'FAILED_PRECONDITION', message: expect.stringContaining('not empty') })
    const over = await refusal(restore(join(folder, 'backup'), join(folder, 'data'), standingClock()))
    expect(over).toMatchObject({ code: 'FAILED_PRECONDITION', message: expect.stringContaining('not empty') })
  })

  it('refuses a backup that was cut short or is damaged', async () => {
    const folder = await temporaryFolder()
    await backup(await store(), join(folder, 'backup'))
    await writeFile(join(folder, 'backup', 'samara.db'), Buffer.alloc(9000, 1))
    const damaged = await refusal(restore(join(folder, 'backup'), join(folder, 'a'), standingClock()))
    expect(damaged.code).toBe('DATA_LOSS')
    await rm(join(folder, 'backup', 'samara.db'))
    const cut = await refusal(restore(join(folder, 'backup'), join(folder, 'b'), standingClock()))
    expect(cut).toMatchObject({ code: 'FAILED_PRECONDITION', message: expect.stringContaining('not a whole backup') })
  })
})
