import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { componentEmbed } from '@bytecodealliance/jco-transpile/wasm-tools'
import { describe, expect, test } from 'vitest'
import { type Cell, grant, openCell } from '../support/cell.ts'
import { example } from '../support/manager.ts'

/** What a function asks for, before it runs: refused, shown, and weighed against each proplet. */

describe('a module made for another shape of an interface', () => {
  const wider = `package t:t; world w { import wasi:i2c/delay@0.2.0-draft; export run: func(); }
    package wasi:i2c@0.2.0-draft { interface delay { resource delay { delay-ns: func(ns: u64); } } }`
  const difference =
    'wasi:i2c/delay@0.2.0-draft#[method]delay.delay-ns: func(self:borrow<delay>,ns:u64) asked for, func(self:borrow<delay>,ns:u32) offered'

  test('is refused when it is uploaded, over HTTP and on the command line, with both shapes', async () => {
    const cell = await openCell()
    const module = await componentEmbed({ witSource: wider, dummy: true })
    const refused = await cell.manager.post('/v1/functions/waiter', Buffer.from(module))
    expect([refused.status, refused.json]).toEqual([
      422,
      expect.objectContaining({ code: 'UNSUPPORTED', field: 'imports' }),
    ])
    expect(refused.json.detail).toContain(difference)
    const file = join(cell.dir, 'waiter.wasm')
    writeFileSync(file, module)
    for (const command of [
      ['functions', 'add', file],
      ['inspect', file],
      ['run', file],
    ])
      expect(await cell.cli(command)).toMatchObject({ code: 1, out: '', err: expect.stringContaining(difference) })
    expect((await cell.manager.get('/v1/functions/waiter')).status).toBe(404)
  })
})

describe('inspect', () => {
  const inspected = async (cell: Cell) => {
    const file = join(cell.dir, 'thermostat.wasm')
    writeFileSync(file, await example('thermostat/thermostat.wasm'))
    return await cell.cli(['inspect', file])
  }

  test('says in words what a function asks for, and of each connected proplet whether it fits and why not', async () => {
    const cell = await openCell()
    await cell.proplet('cell-1')
    await cell.proplet('office', { devices: false })
    await cell.manager.proplet('press-7', {
      hello: { formats: ['lowered-core'], interfaces: ['wasi:i2c/i2c', 'samara:device/open'] },
    })
    const { code, out } = await inspected(cell)
    expect(code).toBe(0)
    expect(out).toMatch(
      /asks for +reads and writes bme280 line1-temp at address 0x76 at most 50 times a second at most 32 bytes at a time/,
    )
    expect(out).toMatch(/reads and writes relay motor-1 at most 10 times a second/)
    expect(out).toMatch(/cell-1 +yes +as component/)
    expect(out).toMatch(/office +no +has no device line1-temp/)
    expect(out).toMatch(/press-7 +no +.*wasi:i2c\/delay/)
  })

  test('is right: where it says that a function fits it runs, elsewhere it is refused with that reason', async () => {
    const cell = await openCell()
    await cell.proplet('office', { devices: false })
    await cell.upload('thermostat', 'thermostat/thermostat.wasm', 'asked')
    const job = { function: 'thermostat', export: 'measure' }
    const { status, json } = await cell.manager.post('/v1/jobs', job)
    expect([status, json.reasons]).toEqual([409, ['office: has no device line1-temp']])
    await cell.proplet('cell-1')
    expect(await cell.run(job)).toMatchObject({ state: 'completed', proplet: 'cell-1' })
  })

  test('a grant that a profile cannot have is a reason too', async () => {
    const cell = await openCell()
    await cell.upload('thermostat', 'thermostat/thermostat.wasm', [grant('estop', 'gpio', 'write')])
    await cell.proplet('cell-1')
    const { json } = await cell.manager.post('/v1/jobs', { function: 'thermostat', export: 'measure' })
    expect(json.reasons).toEqual([expect.stringMatching(/^cell-1: .*estop.*input/)])
  })
})
