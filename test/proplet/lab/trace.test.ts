import { describe, expect, test } from 'vitest'
import { virtualTime } from '../../../proplet/lab/time.ts'
import { createTrace, type Trace } from '../../../proplet/lab/trace.ts'
import { LabTraceRow } from '../../../shared/lab/index.ts'
import { parse } from '../../../shared/schema.ts'

function add(trace: Trace, bus: string, ...words: string[]): void {
  const wire = trace.begin()
  for (const word of words) wire.put(word)
  trace.end(bus, wire)
}

describe('the trace of a lab', () => {
  test('has a row for each operation, with its number and the time of its begin', () => {
    const time = virtualTime()
    const trace = createTrace(time)
    time.advance(5000n)
    const wire = trace.begin()
    time.advance(5000n)
    wire.put('S')
    wire.put('P')
    trace.end('i2c-1', wire)
    expect(trace.rows()).toEqual([{ seq: 1, atUs: 5, bus: 'i2c-1', wire: 'S P' }])
  })

  test('is asked for by bus, and for what is new', () => {
    const trace = createTrace(virtualTime())
    for (const bus of ['a', 'b', 'a']) add(trace, bus, bus)
    expect(trace.rows({ bus: 'a' }).map(({ seq }) => seq)).toEqual([1, 3])
    expect(trace.rows({ bus: 'a', after: 1 }).map(({ seq }) => seq)).toEqual([3])
    expect(trace.wires('b')).toEqual(['b'])
    trace.clear()
    expect(trace.rows()).toEqual([])
  })

  test('drops its oldest rows, never its newest', () => {
    const trace = createTrace(virtualTime())
    for (let count = 0; count < 5000; count++) add(trace, 'a', `${count}`)
    const wires = trace.wires()
    expect(wires.length).toBeGreaterThan(3500)
    expect(wires.length).toBeLessThanOrEqual(4096)
    expect(wires.at(-1)).toBe('4999')
  })

  test('bounds what it holds, and every row: a cut one ends in an ellipsis, and fits a message', () => {
    const trace = createTrace(virtualTime())
    for (let count = 0; count < 400; count++) add(trace, 'a', ...Array.from({ length: 20_000 }, () => 'ff'))
    const wires = trace.wires()
    expect(wires.reduce((sum, wire) => sum + wire.length, 0)).toBeLessThanOrEqual(8 * 1024 * 1024)
    expect(wires[0]?.endsWith('ff …')).toBe(true)
    for (const row of trace.rows()) parse('row', LabTraceRow, row)
  })

  test('a page holds what an answer can', () => {
    const trace = createTrace(virtualTime())
    for (let count = 0; count < 1500; count++) add(trace, 'a', 'x')
    expect(trace.rows()).toHaveLength(1000)
    expect(trace.rows({ after: 1000 })).toHaveLength(500)
    trace.clear()
    for (let count = 0; count < 100; count++) add(trace, 'a', 'x'.repeat(30_000))
    expect(trace.rows().length).toBeLessThan(20)
    expect(trace.rows().length).toBeGreaterThan(10)
  })
})
