import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { size, span, when } from '../../cli/format.ts'
import { duration, httpUrl, integer, jsonOrText, labels, pair } from '../../cli/values.ts'

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['1s', 1_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['0s', 0],
  ])('%s is %i ms', (text, ms) => expect(duration(text)).toBe(ms))

  test.each(['5', '', 's', '-1s', '1 s', '1e3s', '1sec', '0x1s', '9999999d', 'Infinitys', '1s1m'])(
    'refuses %j',
    (text) => expect(() => duration(text)).toThrow(/Expected/),
  )
})

describe('arguments', () => {
  test.each<[string, unknown]>([
    ['5', 5],
    ['-5', -5],
    ['1.5', 1.5],
    ['true', true],
    ['null', null],
    ['"5"', '5'],
    ['[1,[2]]', [1, [2]]],
    ['{"a":1}', { a: 1 }],
    ['hall-3', 'hall-3'],
    ['{not json', '{not json'],
    ['', ''],
    ['1 2', '1 2'],
    ['NaN', 'NaN'],
  ])('%j is %j', (text, value) => expect(jsonOrText(text)).toEqual(value))

  test('integers that a number cannot hold keep their digits', () => {
    expect(jsonOrText('9007199254740993')).toBe('9007199254740993')
    expect(jsonOrText('[18446744073709551615, -9223372036854775808, 1]')).toEqual([
      '18446744073709551615',
      '-9223372036854775808',
      1,
    ])
    expect(jsonOrText('1e300')).toBe(1e300)
  })

  test('any JSON comes through as it is', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const plain: unknown = JSON.parse(text)
        if (!/\d{16}/.test(text)) expect(jsonOrText(text)).toEqual(plain)
      }),
    )
  })

  test('a key named __proto__ makes no prototype', () => {
    const value = jsonOrText('{"__proto__": {"admin": true}}') as { admin?: boolean }
    expect(value.admin).toBeUndefined()
    expect(labels('__proto__=x')).toEqual(Object.fromEntries([['__proto__', 'x']]))
  })
})

test('pairs gather; labels may be joined', () => {
  expect(pair('B=c=d', { A: '1' })).toEqual({ A: '1', B: 'c=d' })
  expect(pair('A=')).toEqual({ A: '' })
  expect(() => pair('=x')).toThrow('NAME=VALUE')
  expect(() => pair('x')).toThrow('NAME=VALUE')
  expect(labels('line=1, site=hall-3,', { a: 'b' })).toEqual({ a: 'b', line: '1', site: 'hall-3' })
})

test('integers and addresses are checked', () => {
  expect(integer(0, 255)('7')).toBe(7)
  for (const text of ['-1', '256', '1.0', '0x1', '', '1e2']) expect(() => integer(0, 255)(text)).toThrow('0 to 255')
  expect(httpUrl('http://127.0.0.1:7070/')).toBe('http://127.0.0.1:7070')
  for (const text of ['127.0.0.1:7070', 'mqtt://x', 'http://', 'http://u:p@x'])
    expect(() => httpUrl(text)).toThrow('Expected a URL')
})

test('sizes, spans and times are short', () => {
  expect([size(0), size(1023), size(1536), size(10 * 2 ** 20)]).toEqual(['0 B', '1023 B', '1.5 KiB', '10 MiB'])
  expect([span(0.25), span(12.4), span(1_500), span(120_000), span(7_200_000)]).toEqual([
    '0.3ms',
    '12ms',
    '1.5s',
    '2m',
    '2h',
  ])
  expect(when(0)).toBe('1970-01-01 00:00:00')
  expect(when(Number.MAX_VALUE)).toBeUndefined()
})
