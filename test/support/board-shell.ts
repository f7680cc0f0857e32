import type { Writable } from 'node:stream'
import type { SettingName } from '../../shared/board/provision.ts'

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
  /** What is stored before. */
  readonly stored?: Partial<Record<SettingName, string>>
  /** Why a setting does not take its value. */
  readonly refuses?: Partial<Record<SettingName, string>>
}

type Value = number | boolean
export type Cell = Record<
  string,
  { readonly chip: string; readonly values: Record<string, Value>; readonly readOnly?: boolean }
>

const PROMPT = '\u001b[1;32muart:~$ \u001b[m'
const PEMS = ['ca', 'cert', 'key']
const KNOWN = ['id', 'namespace', 'host', 'port', 'token', ...PEMS, 'wifi-ssid', 'wifi-psk']

export function createBoardShell({ out, restarted, cell = {}, hangsAt, stored, refuses = {} }: BoardShellOptions) {
  const settings = new Map<string, string>(Object.entries(stored ?? {}))
  let line = ''
  /** Lines of a PEM that comes in. */
  let pem: { readonly name: string; readonly lines: string[] } | undefined
  const say = (text: string) => void out.write(text)
  const log = (text: string) => say(`\u001b[8D\u001b[J[00:00:01.000,000] <inf> link: ${text}\r\n${PROMPT}${line}`)

  const prompt = () => (pem ? `${pem.name}> ` : PROMPT)

  function enter(): void {
    const command = line
    line = ''
    say('\r\n')
    if (pem) return take(pem, command)
    if (hangsAt?.test(command)) return
    if (command !== '') say(`${answer(wordsOf(command))}\r\n`)
    say(prompt())
  }

  function take({ name, lines }: { name: string; lines: string[] }, typed: string): void {
    if (typed !== '.') {
      lines.push(typed)
      return say(`${name}> `)
    }
    pem = undefined
    say(`${store(name, `${lines.join('\n')}\n`)}\r\n${PROMPT}`)
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
    if (verb === 'clear') {
      settings.delete(name)
      return `ok ${name} is cleared, which holds after samara restart`
    }
    if (!PEMS.includes(name)) return store(name, value)
    pem = { name, lines: [] }
    return 'its lines, and at the end a line with a dot'
  }

  function store(name: string, value: string): string {
    const why = refuses[name as SettingName]
    if (why !== undefined) return `error ${name}: ${why}`
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
          if (!pem) say(character)
        }
      }
    },
  }
}

/** As the shell of Zephyr takes words apart, quotes aside. */
const wordsOf = (command: string): string[] =>
  (command.match(/(?:\\.|[^\s\\])+/g) ?? []).map((word) => word.replace(/\\(.)/g, '$1'))
