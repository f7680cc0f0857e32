import { openSync } from 'node:fs'
import { connect } from 'node:net'
import { ReadStream, WriteStream } from 'node:tty'

/** A board's serial line, and Zephyr's shell on it. */

/** Where a line is reached: the socket that an emulator listens on, or a pseudo terminal. */
export type LinePlace = { readonly socket: string } | { readonly terminal: string }

type Line = { write(text: string): void; onText(hear: (text: string) => void): void; close(): void }

const PROMPT = 'samara:~$ '
/** Moves of the cursor, and what erases. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is sent
const ESCAPES = /\x1b\[[0-9;]*[A-Za-z]/g

function open(place: LinePlace): Line {
  if ('socket' in place) {
    const socket = connect(place.socket).setEncoding('utf8')
    return {
      write: (text) => socket.write(text),
      onText: (hear) => socket.on('data', hear),
      close: () => socket.destroy(),
    }
  }
  const [input, output] = [
    new ReadStream(openSync(place.terminal, 'r+')),
    new WriteStream(openSync(place.terminal, 'r+')),
  ]
  input.setEncoding('utf8')
  return {
    write: (text) => output.write(text),
    onText: (hear) => input.on('data', hear),
    close() {
      input.destroy()
      output.destroy()
    },
  }
}

/** What was said on whole lines, without prompts and moves of the cursor. */
const linesOf = (text: string): string[] =>
  text
    .replace(ESCAPES, '')
    .split(/\r*\n/)
    .slice(0, -1)
    .map((line) => line.replaceAll(PROMPT, '').trimEnd())

/** Types a command, and answers with all its lines up to the one that begins with `ok` or `error`. */
export async function ask(place: LinePlace, command: string): Promise<readonly string[]> {
  const line = open(place)
  try {
    return await new Promise((resolve) => {
      let text = ''
      line.onText((piece) => {
        text += piece
        const lines = linesOf(text)
        const last = lines.findIndex((one) => /^(ok|error)\b/.test(one))
        if (last >= 0) resolve(lines.slice(0, last + 1))
      })
      line.write(`${command}\r`)
    })
  } finally {
    line.close()
  }
}

/** Types the lines of a PEM as `samara set NAME` wants them: the next one when it asks for it. */
export async function askPem(place: LinePlace, name: string, pem: string): Promise<string> {
  const line = open(place)
  const left = [...pem.trimEnd().split('\n'), '.']
  try {
    return await new Promise((resolve) => {
      let text = ''
      line.onText((piece) => {
        text += piece
        const answer = linesOf(text).find((one) => /^(ok|error)\b/.test(one))
        if (answer !== undefined) resolve(answer)
        // The log may have said something behind it.
        if (!text.includes(`${name}> `)) return
        text = ''
        line.write(`${left.shift() ?? ''}\r`)
      })
      line.write(`samara set ${name}\r`)
    })
  } finally {
    line.close()
  }
}

/** Tells it what it needs to connect; it holds from its next start. */
export async function provision(place: LinePlace, settings: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(settings)) {
    const answer = (await ask(place, `samara set ${name} ${value}`)).at(-1)
    if (!answer?.startsWith('ok')) throw new Error(answer)
  }
}
