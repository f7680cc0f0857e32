import type { SettingName } from '../../shared/board/provision.ts'

/** A board that a test plays: the shell of an image, with an echo, a prompt and a log that speaks into it. */

const PROMPT = 'samara:~$ '
const LOG =
  '[00:00:03.010,000] <wrn> samara: link: no connection to the broker: Connection refused; again in 250 ms\r\n'

export type PlayedBoard = {
  /** What is typed. */
  hear(bytes: Uint8Array): void
  /** Settings as they are stored. */
  readonly stored: Map<string, string>
  /** What was in force at each start. */
  readonly starts: ReadonlyMap<string, string>[]
}

export type PlayedBoardOptions = {
  readonly say: (text: string) => void
  readonly stored?: Partial<Record<SettingName, string>>
  /** Refuses a value, in words. */
  readonly refuses?: Partial<Record<SettingName, string>>
}

const pems: readonly string[] = ['ca', 'cert', 'key']

export function playedBoard({ say, stored: before = {}, refuses = {} }: PlayedBoardOptions): PlayedBoard {
  const stored = new Map(Object.entries(before))
  const starts: ReadonlyMap<string, string>[] = []
  let typed = ''
  let pem: { readonly name: string; readonly lines: string[] } | undefined

  function answer(text: string): void {
    say(`${text}\r\n${PROMPT}`)
  }
  function store(name: string, value: string): void {
    const why = refuses[name as SettingName]
    if (why !== undefined) return answer(`error ${name}: ${why}`)
    stored.set(name, value)
    answer(`ok ${name} is stored, and holds after samara restart`)
  }
  function takeLine(name: string, lines: string[], line: string): void {
    if (line !== '.') {
      lines.push(line)
      return say(`\r\n${name}> ${LOG}`)
    }
    pem = undefined
    say('\r\n')
    store(name, `${lines.join('\n')}\n`)
  }
  function run(line: string): void {
    const [, verb = '', name = '', value] = /^samara (\w+) ?(\S*) ?(.*)$/.exec(line) ?? []
    if (verb === 'show') return answer(`${LOG}ok board/soc`)
    if (verb === 'clear') {
      stored.delete(name)
      return answer(`ok ${name} is cleared, which holds after samara restart`)
    }
    if (verb === 'restart') {
      starts.push(new Map(stored))
      return say(`ok it starts again\r\n*** Booting Zephyr OS ***\r\n${LOG}${PROMPT}`)
    }
    if (verb !== 'set') return answer(`${verb}: command not found`)
    // As the shell of Zephyr takes a backslash.
    if (!pems.includes(name)) return store(name, (value ?? '').replace(/\\(.)/g, '$1'))
    pem = { name, lines: [] }
    say(`its lines, and at the end a line with a dot\r\n${name}> `)
  }

  return {
    stored,
    starts,
    hear(bytes) {
      typed += Buffer.from(bytes).toString()
      const lines = typed.split('\r')
      typed = lines.pop() ?? ''
      for (const line of lines) {
        if (pem) takeLine(pem.name, pem.lines, line)
        else {
          say(`${line}\r\n`)
          run(line)
        }
      }
    },
  }
}
