import { describe, expect, test } from 'vitest'
import { byMonitor, byShell } from '../../../../proplet/lab/boards/access.ts'
import { type BoardPart, readValue } from '../../../../proplet/lab/boards/board-parts.ts'
import { tokenize } from '../../../support/renode/tokens.ts'

const part: BoardPart = {
  ...{ name: 'fan', board: 'mcu-1', chip: 'fan', at: 'sysbus.fan', initial: {} },
  properties: {
    speed: { as: 'Rpm', doc: '', initial: 0 },
    label: { as: 'Label', doc: '', initial: '' },
    on: { as: 'On', doc: '', initial: false },
  },
}

/** What was asked, and what comes back. */
function other(answer = '') {
  const asked: string[] = []
  const hear = async (command: string) => {
    asked.push(command)
    return answer
  }
  const monitor = byMonitor({ run: async (command) => [await hear(command)], onClosed() {}, close() {} })
  const shell = byShell({ ask: hear })
  return { asked, monitor, shell }
}

describe('values in the words of the monitor', () => {
  test.each([
    ['speed', 1200, 'sysbus.fan Rpm 1200', ['literal', 'literal', 'integer']],
    ['speed', -12.5, 'sysbus.fan Rpm -12.5', ['literal', 'literal', 'float']],
    // An exponent would be none of its numbers.
    ['speed', 1e-7, 'sysbus.fan Rpm 0.0000001', ['literal', 'literal', 'float']],
    ['on', true, 'sysbus.fan On true', ['literal', 'literal', 'bool']],
    ['label', 'a "b"; quit', 'sysbus.fan Label "a \\"b\\"; quit"', ['literal', 'literal', 'string']],
  ] as const)('%s %j', async (property, value, command, kinds) => {
    const { asked, monitor } = other()
    await monitor.set(part, property, value)
    expect(asked).toEqual([command])
    expect(tokenize(command).tokens.map(({ kind }) => kind)).toEqual(kinds)
  })

  test('a number that its types do not hold is none', async () => {
    await expect(other().monitor.set(part, 'speed', 1e21)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('a text that would end its own quotes is none', async () => {
    const { asked, monitor } = other()
    await expect(monitor.set(part, 'label', '\\"; quit; "')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(asked).toEqual([])
  })
})

describe('values in the words of the shell', () => {
  test.each([
    ['speed', 22.5, 'cell set sysbus.fan Rpm 22.5'],
    ['on', false, 'cell set sysbus.fan On false'],
    ['label', 'left', 'cell set sysbus.fan Label left'],
  ] as const)('%s %j', async (property, value, command) => {
    const { asked, shell } = other()
    await shell.set(part, property, value)
    expect(asked).toEqual([command])
  })

  test('a text of two words is none', async () => {
    await expect(other().shell.set(part, 'label', 'a b')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('the property is found among the others, and missed where it is not', async () => {
    expect(await other('fan Label=x Rpm=7 On=true').shell.get(part, 'speed')).toBe('7')
    await expect(other('fan Label=x').shell.get(part, 'speed')).rejects.toThrow(/has no Rpm/)
  })
})

describe('what a board says', () => {
  test.each([
    ['speed', '0x000004B0', 1200],
    ['speed', '23.399999618530273', 23.4],
    ['speed', '-0.25', -0.25],
    ['on', 'True', true],
    ['on', 'false', false],
    ['label', ' left ', 'left'],
  ] as const)('%s %j is %j', (property, said, value) => {
    expect(readValue(part, property, said)).toBe(value)
  })

  test.each([
    ['speed', 'fast'],
    ['speed', ''],
    ['on', 'maybe'],
  ] as const)('%s %j is nothing', (property, said) => {
    expect(() => readValue(part, property, said)).toThrow(/expected/)
  })
})
