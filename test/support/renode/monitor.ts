import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createModel, type Model, type ModelProperty, Recoverable, Wires } from './models.ts'
import { pathsOf, readPlatform, UPSTREAM } from './platform.ts'
import { type Token, tokenize } from './tokens.ts'

/**
 * What Renode's monitor does with a command line, as its source says: the part of it that scripts and people of ours use.
 * What it prints goes to `Printer`, with its odd ends of lines: `\r\r\n` after a value, `\r\n\r` after a line, `\r\n` after
 * an error.
 */

export interface Printer {
  write(text: string, color?: number): void
  /** Each character in its own colour, as `ICommandInteraction.Write` does it. */
  each(text: string, color?: number): void
}

/** What a script does to the world around: sockets of terminals, and interfaces of the host. */
export interface Outside {
  terminal(name: string, port: number): void
  connect(from: string, to: string): void
  tap(hostName: string): void
  started(machine: Machine): void
  quit(): void
}

export type Machine = { readonly name: string; readonly models: Map<string, Model>; readonly wires: Wires }

const RED = 91
const GREEN = 92

export class Monitor {
  readonly #out: Printer
  readonly #outside: Outside
  readonly #variables = new Map<string, Token>()
  readonly #macros = new Map<string, string>()
  readonly #names = new Set<string>()
  readonly #usings = ['sysbus.']
  #machine: Machine | undefined
  #isStarted = false

  constructor(out: Printer, outside: Outside) {
    this.#out = out
    this.#outside = outside
  }

  get prompt(): { text: string; color: number } {
    return this.#machine ? { text: `(${this.#machine.name}) `, color: 33 } : { text: '(monitor) ', color: RED }
  }

  get machine(): Machine | undefined {
    return this.#machine
  }

  /** False where it went wrong, which ends a script. */
  parse(line: string): boolean {
    const { tokens, stuckAt } = tokenize(line)
    if (stuckAt !== undefined) {
      for (const text of ['Could not tokenize here:', line, `${' '.repeat(stuckAt)}^`]) this.#error(text)
      return false
    }
    return split(tokens).every((command) => this.#command(command))
  }

  #command(tokens: readonly Token[]): boolean {
    const [first, second, third] = tokens
    if (!first) return true
    try {
      if (first.kind === 'variable' && third && /^equals/.test(second?.kind ?? '')) {
        const name = `${first.value}`
        if (second?.kind === 'equals' || !this.#variables.has(name)) this.#variables.set(name, third)
        return true
      }
      if (first.kind === 'literal') return this.#named(`${first.value}`, tokens.slice(1))
      this.#error(`No such command or device: ${first.text}`)
      return false
    } catch (error) {
      if (!(error instanceof Recoverable)) throw error
      const command = tokens.map(({ text }) => text).join(' ')
      this.#error(`There was an error executing command '${command}': `)
      this.#error(error.message)
      return false
    }
  }

  #named(name: string, given: readonly Token[]): boolean {
    const does = commands[name]
    const args = /^(macro|runMacro)$/.test(name) ? given : this.#expand(given)
    if (does) return does.call(this, args)
    const device = this.#device(name)
    if (device) return this.#touch(name, device, args)
    if (this.#machine && name.includes('.')) throw this.#noDevice(name)
    this.#error(`No such command or device: ${name}`)
    return false
  }

  #noDevice(name: string): Recoverable {
    const known = [...(this.#machine?.models.keys() ?? [])]
    const match = known.filter((one) => name.startsWith(`${one}.`)).sort((a, b) => b.length - a.length)[0]
    const found = match ?? (name.startsWith('sysbus.') ? 'sysbus' : undefined)
    return new Recoverable(`Could not find device ${name}${found ? `, the longest match is ${found}` : ''}.`)
  }

  #device(name: string): Model | undefined {
    const models = this.#machine?.models
    return models?.get(name) ?? this.#usings.map((prefix) => models?.get(prefix + name)).find((one) => one)
  }

  #touch(name: string, model: Model, [what, value]: readonly Token[]): boolean {
    if (!what) {
      this.#out.each('\nThe following methods are available:\n\r')
      return true
    }
    const method = Object.hasOwn(model.methods, what.text) ? model.methods[what.text] : undefined
    const property = Object.hasOwn(model.properties, what.text) ? model.properties[what.text] : undefined
    if (method) method()
    else if (!property) throw new Recoverable(`${name} does not provide a field, method or property ${what.text}.`)
    else if (value && property.set) property.set(fitting(property, value))
    else this.#out.each(`${valueText(property)}\r\n`)
    return true
  }

  #expand(tokens: readonly Token[]): readonly Token[] {
    return tokens.map((token) => {
      if (token.kind !== 'variable') return token
      const found = this.#variables.get(`${token.value}`)
      if (!found) throw new Recoverable(`No such variable: $${token.value}`)
      return found
    })
  }

  #error(text: string): void {
    this.#out.write(`${text.replaceAll('\n', '\r\n')}\r\n`, RED)
  }

  include(file: string): boolean {
    if (!existsSync(file)) {
      this.#error(`Could not find file '${file}'`)
      return false
    }
    const origin = this.#variables.get('ORIGIN')
    this.#variables.set('ORIGIN', { kind: 'path', text: `@${dirname(file)}`, value: dirname(file) })
    const done = scriptLines(readFileSync(file, 'utf8')).every((line) => this.parse(this.#withOrigin(line)))
    if (origin) this.#variables.set('ORIGIN', origin)
    return done
  }

  /** `$ORIGIN/more` is no token: the variable is put in before the rest is read. */
  #withOrigin(line: string): string {
    return line.replace('$ORIGIN/', `${this.#variables.get('ORIGIN')?.text}/`)
  }

  echo(args: readonly Token[]): boolean {
    this.#out.each(`${args[0]?.value ?? ''}\r\n`)
    return true
  }

  quit(): boolean {
    this.#out.each('Renode is quitting\n\r', GREEN)
    this.#machine = undefined
    this.#outside.quit()
    return true
  }

  start(): boolean {
    if (this.#isStarted) this.#out.each('Emulation is already started. Ignoring command\n\r')
    else {
      this.#out.each('Starting emulation...\n\r')
      if (this.#machine) this.#outside.started(this.#machine)
    }
    this.#isStarted = true
    return true
  }

  create(name: string): boolean {
    this.#machine = { name, models: new Map(), wires: new Wires() }
    return true
  }

  load(file: string): boolean {
    if (!existsSync(file)) throw new Recoverable(`Could not find file '${file}'`)
    const machine = this.#needMachine()
    const { uses, entries } = readPlatform(readFileSync(file, 'utf8'))
    const above = uses.includes('platforms/boards/nucleo_h753zi.repl') ? readPlatform(UPSTREAM).entries : []
    for (const [path, entry] of pathsOf([...above, ...entries])) {
      const model = createModel(entry, machine.wires)
      if (!model) throw new Recoverable(`Error E02: Could not resolve type: '${entry.type}'.`)
      machine.models.set(path, model)
    }
    return true
  }

  loadElf(file: string): boolean {
    this.#needMachine()
    if (!existsSync(file)) throw new Recoverable(`Parameters did not match the signature`)
    if (!readFileSync(file).subarray(0, 4).equals(Buffer.from('\u007fELF')))
      throw new Recoverable(`Error while loading ELF: Given file is not proper ELF file.`)
    return true
  }

  emulation([what, ...args]: readonly Token[]): boolean {
    const words = args.map(({ value }) => `${value}`)
    if (what?.text === 'CreateSwitch') this.#names.add(words[0] ?? '')
    else if (what?.text === 'CreateTap') {
      this.#outside.tap(words[0] ?? '')
      this.#names.add(`host.${words[1]}`)
    } else if (what?.text === 'CreateServerSocketTerminal') {
      this.#outside.terminal(words[1] ?? '', Number(words[0]))
      this.#names.add(words[1] ?? '')
    } else throw new Recoverable(`emulation does not provide a field, method or property ${what?.text}.`)
    return true
  }

  connector([what, from, to]: readonly Token[]): boolean {
    if (what?.text !== 'Connect' || !from || !to) throw new Recoverable('Parameters did not match the signature')
    for (const { text } of [from, to])
      if (!this.#names.has(text) && !this.#device(text)) throw new Recoverable(`Could not find device ${text}.`)
    this.#outside.connect(from.text, to.text)
    return true
  }

  macro([name, text]: readonly Token[]): boolean {
    this.#macros.set(`${name?.value}`, `${text?.value}`)
    return true
  }

  runMacro(name: string): boolean {
    const text = this.#macros.get(name)
    if (text === undefined) throw new Recoverable(`No such variable: $${name}`)
    return scriptLines(text).every((line) => this.parse(line))
  }

  using(prefix: string): boolean {
    this.#usings.push(`${prefix}.`)
    return true
  }

  bad(name: string, args: readonly Token[]): boolean {
    this.#error(`Bad parameters for command ${name} ${args.map(({ text }) => text).join(' ')}`)
    return false
  }

  #needMachine(): Machine {
    if (!this.#machine) throw new Recoverable('Could not find device machine.')
    return this.#machine
  }
}

type Command = (this: Monitor, args: readonly Token[]) => boolean

const commands: Readonly<Record<string, Command>> = {
  echo(args) {
    return this.echo(args)
  },
  include(args) {
    return args[0] ? this.include(`${args[0].value}`) : this.bad('include', args)
  },
  quit() {
    return this.quit()
  },
  start() {
    return this.start()
  },
  using(args) {
    return this.using(`${args[0]?.value}`)
  },
  mach(args) {
    return args[0]?.text === 'create' && args[1]?.kind === 'string'
      ? this.create(`${args[1].value}`)
      : this.bad('mach', args)
  },
  machine(args) {
    return args[0]?.text === 'LoadPlatformDescription' ? this.load(`${args[1]?.value}`) : this.bad('machine', args)
  },
  sysbus(args) {
    return args[0]?.text === 'LoadELF' ? this.loadElf(`${args[1]?.value}`) : this.bad('sysbus', args)
  },
  emulation(args) {
    return this.emulation(args)
  },
  connector(args) {
    return this.connector(args)
  },
  macro(args) {
    return this.macro(args)
  },
  runMacro([name]) {
    return this.runMacro(`${name?.value}`)
  },
}

function split(tokens: readonly Token[]): (readonly Token[])[] {
  const all: Token[][] = [[]]
  for (const token of tokens) {
    if (token.kind === 'split') all.push([])
    else if (token.kind !== 'comment') all.at(-1)?.push(token)
  }
  return all
}

/** A text in three quotes is one line with what stands before it. */
function scriptLines(text: string): string[] {
  const lines: string[] = []
  let open = false
  for (const line of text.split('\n')) {
    const isEnd = line.includes('"""')
    if (open || (isEnd && line.startsWith('"""') && lines.length > 0)) lines.push(`${lines.pop()}\n${line}`)
    else lines.push(line)
    if (isEnd) open = !open
  }
  return lines.filter((line) => line.trim() !== '')
}

function fitting({ kind }: ModelProperty, { kind: token, value, text }: Token): number | boolean {
  const isNumber = ['hex', 'float', 'integer'].includes(token)
  if (kind === 'bool' ? token === 'bool' : kind === 'int' ? token === 'integer' : isNumber)
    return value as number | boolean
  throw new Recoverable(
    `Could not convert ${text} to System.${{ decimal: 'Decimal', double: 'Double', bool: 'Boolean', int: 'Int32' }[kind]}`,
  )
}

const DECIMAL_DIGITS = 7
/** A decimal made of 32 bits has seven digits; a double shows what the 32 bits really were. */
function valueText({ kind, get }: ModelProperty): string {
  const value = get()
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (kind === 'int') return `0x${value.toString(16).toUpperCase().padStart(8, '0')}`
  return kind === 'decimal' ? `${Number(value.toPrecision(DECIMAL_DIGITS))}` : `${value}`
}
