import { describe, expect, test } from 'vitest'
import { type Column, details, table } from '../../cli/table.ts'
import { cutTo, oneLine, width } from '../../cli/text.ts'

type Row = { readonly name: string; readonly count?: number }
const columns: readonly Column<Row>[] = [
  { title: 'NAME', of: ({ name }) => name },
  { title: 'COUNT', of: ({ count }) => count, align: 'right' },
]

describe('table', () => {
  test('aligns columns, numbers to the right, and says - where there is nothing', () => {
    const rows = [{ name: 'add', count: 1 }, { name: 'line-stats', count: 250 }, { name: 'greet' }]
    expect(table(columns, rows).split('\n')).toEqual([
      'NAME        COUNT',
      'add             1',
      'line-stats    250',
      'greet           -',
      '',
    ])
  })

  test('has its titles alone where there are no rows', () => {
    expect(table(columns, [])).toBe('NAME  COUNT\n')
  })

  test('is not cut in a pipe', () => {
    expect(table(columns, [{ name: 'x'.repeat(500), count: 1 }])).toContain('x'.repeat(500))
  })

  test.each([10, 20, 40, 79])('fits a terminal of %i columns', (terminal) => {
    const rows = [{ name: 'a name that is far too long for every terminal there is', count: 7 }]
    for (const line of table(columns, rows, { columns: terminal }).trimEnd().split('\n'))
      expect(width(line)).toBeLessThanOrEqual(Math.max(terminal, 11))
  })

  test('cuts the widest column and keeps the others whole', () => {
    expect(table(columns, [{ name: 'abcdefghijklmnop', count: 12345 }], { columns: 15 })).toContain('abcdefg…  12345')
  })

  test('measures characters of two columns and of none as a terminal does', () => {
    expect(width('日本')).toBe(4)
    expect(width('e\u0301')).toBe(1)
    expect(cutTo('日本語', 4)).toBe('日…')
    expect(cutTo('abc', 0)).toBe('')
  })

  test('has bold titles only when it is told so', () => {
    expect(table(columns, [])).not.toContain('\u001b')
    expect(table(columns, [], { bold: true })).toContain('\u001b[1m')
  })

  test('writes out what could steer a terminal or fake a row', () => {
    const hostile = 'ok\u001b[2J\u001b]0;title\u0007\nfake  1\r\u202egnp.exe\u0085'
    const text = table(columns, [{ name: hostile, count: 1 }])
    expect(text.split('\n')).toHaveLength(3)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
    expect(oneLine('a\tb')).toBe('a\\tb')
  })
})

test('details leave out what is not there and cut what is long', () => {
  const text = details(
    [
      ['name', 'add'],
      ['labels', undefined],
      ['kind', 'x'.repeat(50)],
    ],
    { columns: 20 },
  )
  expect(text).toBe(`name  add\nkind  ${'x'.repeat(13)}…\n`)
})
