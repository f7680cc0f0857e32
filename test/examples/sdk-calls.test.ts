import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildGuest } from '../../cli/build/guest.ts'
import type { Grant } from '../../shared/capabilities.ts'
import { hasRust } from '../support/tools.ts'
import { type Cell, type Inspected, inspected, openCell } from './cell.ts'

/** One guest in each language with the same world: every SDK calls every interface in its own way. */

const root = resolve(import.meta.dirname, '../..')
const tools = { cacheDir: join(root, '.cache'), env: process.env, note: () => undefined }
const WHO_AM_I = 0x0f
const FIRST_TIME_MS = 300_000

const grants: readonly Grant[] = [
  { device: 'vib-1', kind: 'spi', access: 'read-write' },
  { device: 'estop', kind: 'gpio', access: 'read' },
  { device: 'lamp', kind: 'gpio', access: 'read-write' },
]

const guests = ['calls.c', 'calls.ts', ...(hasRust() ? ['.'] : [])]

describe.each(guests)('the guest %s', (source) => {
  let cell: Cell
  let guest: Inspected
  const dir = mkdtempSync(join(tmpdir(), 'samara-calls-'))

  beforeAll(async () => {
    cell = await openCell()
    const { bytes } = await buildGuest({ source: join(root, 'examples/sdk/calls', source) }, tools)
    writeFileSync(join(dir, 'calls.wasm'), bytes)
    guest = await inspected(join(dir, 'calls.wasm'))
  }, FIRST_TIME_MS)
  afterAll(async () => {
    await cell.close()
    rmSync(dir, { recursive: true })
  })

  const call = async (name: string, args: readonly unknown[] = [], env: Record<string, string> = {}) =>
    (await cell.call(guest, { export: name, args, env, grants })).value

  test('reads a register over spi', async () => {
    expect(await call('spi-register', [WHO_AM_I])).toEqual({ ok: 0x44 })
  })

  test('reads several bytes with the chip selected', async () => {
    // The two registers after it are reserved.
    expect(await call('spi-sequence', [0x80 | WHO_AM_I])).toEqual({ ok: 0x440000 })
  })

  test('reads a button', async () => {
    cell.set('estop', 'pressed', false)
    expect(await call('pressed')).toEqual({ ok: 0 })
    cell.set('estop', 'pressed', true)
    expect(await call('pressed')).toEqual({ ok: 1 })
  })

  test('turns a lamp on and off', async () => {
    expect(await call('toggle')).toEqual({ ok: 1 })
    expect(cell.get('lamp', 'lit')).toBe(true)
    expect(await call('toggle')).toEqual({ ok: 0 })
    expect(cell.get('lamp', 'lit')).toBe(false)
  })

  test('reads the configuration, and hears that there is none', async () => {
    expect(await call('hundredths', [], { NUMBER: '-12.50' })).toEqual({ ok: -1250 })
    expect(await call('hundredths')).toEqual({ err: 'no number' })
  })

  test('is refused names that nobody has', async () => {
    expect(await call('refused')).toEqual({ ok: 4 })
  })

  test('fits a microcontroller', () => {
    expect(guest.manifest.dataBytes).toBeLessThanOrEqual(4096)
  })
})
