import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSamaraError } from '../../shared/errors.ts'
import { matches, mismatch, parseSelector } from '../../shared/selector.ts'

const press = { line: '1', site: 'hall-3', camera: '' }

describe('selectors', () => {
  test.each([
    ['*', true],
    ['', true],
    ['line=1', true],
    ['line=2', false],
    ['line!=2', true],
    ['line!=1', false],
    ['camera', true],
    ['!camera', false],
    ['!spare', true],
    ['spare', false],
    ['line=1, site=hall-3', true],
    ['line=1,site=hall-4', false],
    ['spare!=x', true],
    ['constructor', false],
    ['__proto__!=x', 'error'],
  ])('%s on a press of line 1', (text, expected) => {
    if (expected === 'error') expect(() => parseSelector(text)).toThrow(/selector/)
    else expect(matches(parseSelector(text), press)).toBe(expected)
  })

  test('the mismatch says what the label is and what was wanted', () => {
    expect(mismatch(parseSelector('line=2'), press)).toBe('label line is "1", not "2"')
    expect(mismatch(parseSelector('zone=2'), press)).toBe('label zone is not set, not "2"')
  })

  test.each(['=1', 'line=', '!line=1', 'line==1', 'a b', 'line=1,,', 'LINE=1', 'line>1', `${'x'.repeat(70_000)}=`])(
    '%s is answered with the grammar, or read as it says',
    (text) => {
      try {
        parseSelector(text)
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', context: { field: 'selector' } })
      }
    },
  )

  test('any text is a selector or an error with a code', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseSelector(text)
        } catch (error) {
          expect(isSamaraError(error)).toBe(true)
        }
      }),
    )
  })
})
