import type { Writable } from 'node:stream'

/**
 * The serial line of an image as the agent's has it: a shell of Zephyr with its prompt, echo and colours, lines of the log
 * in between, and the commands `samara` and `cell`.
 */

export type BoardShellOptions = {
  readonly out: Pick<Writable, 'write'>
  /** Hears of `samara restart`, with the settings that were stored. */
  readonly restarted?: (settings: ReadonlyMap<string, string>) => void
  /** What `cell` knows: properties by part, and which of them nobody sets. */
  readonly cell?: Cell
  /** Commands that are never answered. */
  readonly hangsAt?: RegExp | undefined
}

type Value = number | boolean
export type Cell = Record<
  string,
  { readonly chip: string; readonly values: Record<string, Value>; readonly readOnly?: boolean }
>

const PROMPT = '\u001b[1;32muart:~$ \u001b[m'
const KNOWN = ['id', 'namespace', 'host', 'port', 'token']

export function createBoardShell({ out, restarted, cell = {}, hangsAt }: BoardShellOptions) {
  const settings = new Map<string, string>()
  let line = ''
  const say = (text: string) => void out.write(text)
  const log = (text: string) => say(`\u001b[8D\u001b[J[00:00:01.000,000] <inf> link: ${text}\r\n${PROMPT}${line}`)

  function enter(): void {
    const command = line
    line = ''
    say('\r\n')
    if (hangsAt?.test(command)) return
    if (command !== '') say(`${answer(command.split(' '))}\r\n`)
    say(PROMPT)
  }

  function answer([word, verb, ...args]: readonly string[]): string {
    if (word === 'samara') return samara(verb, args)
    if (word === 'cell') return touch(verb, args)
    return `${word}: command not found`
  }

  function samara(verb: string | undefined, [name = '', value = '']: readonly string[]): string {
    if (verb === 'show') return [...settings.keys().map((one) => `${one}: set`), 'ok fake/board'].join('\r\n')
    if (verb === 'restart') {
      restarted?.(settings)
      return 'ok it starts again'
    }
    if (!KNOWN.includes(name)) return `error no setting ${name}, there are ${KNOWN.join(' ')}`
    settings.set(name, value)
    return `ok ${name} is stored, and holds after samara restart`
  }

  function touch(verb: string | undefined, [name = '', property = '', value = '']: readonly string[]): string {
    if (verb === 'list') return ['ok', ...Object.entries(cell).map(([part, { chip }]) => `${part}=${chip}`)].join(' ')
    const part = cell[name]
    if (!part) return `error no part ${name}`
    if (verb === 'read')
      return ['ok', name, ...Object.entries(part.values).map(([key, one]) => `${key}=${one}`)].join(' ')
    const [key, text] = verb === 'set' ? [property, value] : ['pressed', `${verb === 'press'}`]
    if (!(key in part.values)) return `error ${name} has no property ${key}`
    if (part.readOnly) return `error ${key} of ${name} cannot be set`
    part.values[key] = typeof part.values[key] === 'boolean' ? text === 'true' : Number(text)
    return `ok ${name} ${key}=${text}`
  }

  say(`*** Booting Zephyr OS build v4.3.0 ***\r\n${PROMPT}`)
  return {
    settings,
    cell,
    log,
    hear(bytes: Uint8Array): void {
      for (const character of Buffer.from(bytes).toString('utf8')) {
        if (character === '\r' || character === '\n') enter()
        else {
          line += character
          say(character)
        }
      }
    },
  }
}
