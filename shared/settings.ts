import { invalid, SamaraError, show } from './errors.ts'

/** How one value is read from a flag, an environment variable or a file. */
export type SettingType<T> = {
  /** Texts come from flags and environment; a file may hold numbers, booleans and objects too. Throws `expected`. */
  readonly read: (raw: unknown) => T
  /** In words, for the table. */
  readonly words: string
  /** Given without a value it is true, as `--quiet`. */
  readonly switch?: boolean
}

export type Setting<T> = {
  readonly type: SettingType<T>
  readonly doc: string
  readonly initial: T
  /** What the table says of a default that depends on the machine. */
  readonly initialWords?: string
  /** Name of the variable where it is not the one derived from the key. */
  readonly env?: string
  /** Never shown, neither in the table nor in an error. */
  readonly secret: boolean
}

type Options = { readonly initialWords?: string; readonly env?: string; readonly secret?: boolean }

/** One setting: the key gives its flag (`--alive-ms`), its variable (`SAMARA_ALIVE_MS`) and its name in a file (`alive-ms`). */
export const setting = <T>(type: SettingType<T>, initial: T, doc: string, options: Options = {}): Setting<T> => ({
  type,
  initial,
  doc,
  secret: false,
  ...options,
})

// biome-ignore lint/suspicious/noExplicitAny: a setting of any type; `unknown` would make it invariant
export type SettingTable = Readonly<Record<string, Setting<any>>>
export type SettingValues<S extends SettingTable> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never
}

export type SettingSources = {
  /** Flags, the program's own name left out. */
  readonly argv?: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A parsed YAML or JSON file and the name that errors give it. */
  readonly file?: { readonly name: string; readonly content: unknown }
}

export type Settings<S extends SettingTable> = {
  readonly table: S
  /** Flag before environment before file before default. Throws INVALID_ARGUMENT that names key and source. */
  parse(sources: SettingSources): SettingValues<S>
  /** Rows for a README. */
  markdown(): string
  /** Lines for `--help`. */
  usage(): string[]
}

type Found = { readonly raw: unknown; readonly from: string }

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
const variable = (key: string, one: Setting<unknown>): string =>
  one.env ?? `SAMARA_${kebab(key).replaceAll('-', '_').toUpperCase()}`

export function settings<const S extends SettingTable>(table: S): Settings<S> {
  const keys = new Map(Object.keys(table).map((key) => [kebab(key), key]))
  return {
    table,
    parse(sources) {
      const flags = readFlags(table, keys, sources.argv ?? [])
      const file = readFile(keys, sources.file)
      const values: Record<string, unknown> = {}
      for (const [key, one] of Object.entries(table)) {
        const found = flags.get(key) ?? fromEnv(key, one, sources.env ?? {}) ?? file.get(key)
        values[key] = found ? readOne(key, one, found) : one.initial
      }
      return values as SettingValues<S>
    },
    markdown: () => markdown(table),
    usage: () =>
      Object.entries(table).map(([key, one]) => `  --${kebab(key).padEnd(18)} ${one.doc} (${one.type.words})`),
  }
}

function fromEnv(key: string, one: Setting<unknown>, env: NonNullable<SettingSources['env']>): Found | undefined {
  const name = variable(key, one)
  const raw = env[name]
  return raw === undefined || raw === '' ? undefined : { raw, from: `environment variable ${name}` }
}

function readFlags(
  table: SettingTable,
  keys: ReadonlyMap<string, string>,
  argv: readonly string[],
): Map<string, Found> {
  const found = new Map<string, Found>()
  for (let at = 0; at < argv.length; at++) {
    const [flag = '', inline] = split(argv[at] ?? '')
    const key = flag.startsWith('--') ? keys.get(flag.slice(2)) : undefined
    const one = key === undefined ? undefined : table[key]
    if (key === undefined || !one)
      throw unknownName(
        `flag ${show(flag)}`,
        [...keys.keys()].map((name) => `--${name}`),
      )
    const raw = inline ?? (one.type.switch ? 'true' : argv[++at])
    if (raw === undefined) throw new SamaraError('INVALID_ARGUMENT', `${flag}: a value is missing`, { field: flag })
    found.set(key, { raw, from: `flag ${flag}` })
  }
  return found
}

function split(argument: string): [string, string | undefined] {
  const at = argument.indexOf('=')
  return argument.startsWith('--') && at > 0 ? [argument.slice(0, at), argument.slice(at + 1)] : [argument, undefined]
}

function readFile(keys: ReadonlyMap<string, string>, file: SettingSources['file']): Map<string, Found> {
  const found = new Map<string, Found>()
  if (!file || file.content === null || file.content === undefined) return found
  if (typeof file.content !== 'object' || Array.isArray(file.content))
    throw invalid(file.name, file.content, 'an object of settings')
  for (const [name, raw] of Object.entries(file.content)) {
    const key = keys.get(name)
    if (key === undefined) throw unknownName(`${file.name}: key ${show(name)}`, [...keys.keys()])
    found.set(key, { raw, from: file.name })
  }
  return found
}

const unknownName = (what: string, known: readonly string[]): SamaraError =>
  new SamaraError('INVALID_ARGUMENT', `${what} is not a setting; known are ${known.join(' ')}`)

function readOne(key: string, one: Setting<unknown>, { raw, from }: Found): unknown {
  try {
    return one.type.read(raw)
  } catch (error) {
    const shown = one.secret ? 'its value' : show(raw)
    const expected = error instanceof Error ? error.message : String(error)
    throw new SamaraError('INVALID_ARGUMENT', `${kebab(key)} (from ${from}): ${shown} is not ${expected}`, {
      field: kebab(key),
      expected,
      cause: error,
    })
  }
}

function markdown(table: SettingTable): string {
  const rows = Object.entries(table).map(([key, one]) => {
    const initial = one.initialWords ?? (one.secret || one.initial === undefined ? '' : written(one.initial))
    return `| \`--${kebab(key)}\` | \`${variable(key, one)}\` | ${one.type.words} | ${initial} | ${one.doc} |`
  })
  return ['| flag | environment | value | default | what it does |', '| --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  )
}

const written = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? Object.keys(value).length === 0
      ? ''
      : JSON.stringify(value)
    : `\`${value}\``

const refuse = (expected: string): never => {
  throw new Error(expected)
}

export const anyText: SettingType<string> = {
  words: 'text',
  read: (raw) => (typeof raw === 'string' ? raw : refuse('a text')),
}

/** A text that may be left out. */
export const maybeText: SettingType<string | undefined> = anyText

export function matching(pattern: RegExp, expected: string): SettingType<string> {
  return { words: expected, read: (raw) => (typeof raw === 'string' && pattern.test(raw) ? raw : refuse(expected)) }
}

/** `unit` is for the table: the key's own name carries it too. */
export function integer(options: { min: number; max: number; unit?: string }): SettingType<number> {
  const { min, max } = options
  const expected = `an integer from ${min} to ${max}`
  return {
    words: options.unit ? `${options.unit}, ${min} to ${max}` : `${min} to ${max}`,
    read(raw) {
      const value = typeof raw === 'string' && /^[0-9]+$/.test(raw.trim()) ? Number(raw) : raw
      return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
        ? value
        : refuse(expected)
    },
  }
}

export const flag: SettingType<boolean> = {
  words: 'true or false',
  switch: true,
  read: (raw) =>
    raw === true || raw === 'true' ? true : raw === false || raw === 'false' ? false : refuse('true or false'),
}

export function choice<const T extends readonly string[]>(names: T): SettingType<T[number]> {
  const expected = `one of ${names.join(', ')}`
  return {
    words: names.join(', '),
    read: (raw) => ((names as readonly unknown[]).includes(raw) ? (raw as T[number]) : refuse(expected)),
  }
}

/** `line=1,site=hall-3`, or an object in a file; every pair is checked by `accepts`, which says what it expected. */
export function pairs(
  accepts: (value: Readonly<Record<string, string>>) => string | undefined,
): SettingType<Readonly<Record<string, string>>> {
  return {
    words: 'k=v,k=v',
    read(raw) {
      const object = typeof raw === 'string' ? parsePairs(raw) : raw
      if (typeof object !== 'object' || object === null || Array.isArray(object)) return refuse('k=v,k=v')
      const value = Object.fromEntries(Object.entries(object).map(([key, one]) => [key, String(one)]))
      const expected = accepts(value)
      return expected === undefined ? value : refuse(expected)
    },
  }
}

function parsePairs(raw: string): Record<string, string> {
  const parts = raw.split(',').filter((part) => part.trim() !== '')
  return Object.fromEntries(
    parts.map((part) => {
      const at = part.indexOf('=')
      return at > 0 ? [part.slice(0, at).trim(), part.slice(at + 1).trim()] : refuse('k=v,k=v')
    }),
  )
}
