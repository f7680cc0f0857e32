import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SamaraError } from '../../shared/errors.ts'
import { packageRoot } from '../programs.ts'

/** The WIT of a guest: its own file, and with it the packages of our host interfaces in nested form. */

export type World = { readonly wit: string; readonly name: string }

const shared = ['wasi-io', 'wasi-i2c', 'wasi-spi', 'samara-device', 'wasi-usb', 'component-usb']
const hostFiles = [...shared, 'wasi-gpio']
/** Another shape under the name and version of `wasi-gpio.wit`: a world can have one of them. */
const hostFiles2025 = [...shared, 'gpio-2025/wasi-gpio', 'gpio-2025/samara-pins']
const NAMES_2025 = /samara:pins|wasi:gpio\/(general|analog|delay)\b/

/** Files of `shared/wit` that a guest may use which names these interfaces. */
export const hostFilesOf = (names: string): readonly string[] => (NAMES_2025.test(names) ? hostFiles2025 : hostFiles)

/** For a source without a WIT file of its own: it exports `run`, and what it imports is found in the module. */
export const defaultWorld: World = {
  name: 'guest',
  wit: 'package samara:guest@0.1.0;\n\nworld guest {\n  export run: func() -> result<string, string>;\n}\n',
}

/** The one world of a WIT text, or the one that was asked for. */
export function worldOf(file: string, wit: string, asked?: string): World {
  const names = [...withoutComments(wit).matchAll(/^\s*world\s+%?([a-z][\w-]*)/gim)].map(([, name = '']) => name)
  if (asked !== undefined && !names.includes(asked))
    throw new SamaraError('NOT_FOUND', `${file}: has no world ${JSON.stringify(asked)}`, {
      expected: names.join(', ') || 'a world in it',
    })
  const [name, second] = asked === undefined ? names : [asked]
  if (name !== undefined && second === undefined) return { wit, name }
  const found = name === undefined ? 'has no world' : `has ${names.length} worlds`
  throw new SamaraError('INVALID_ARGUMENT', `${file}: ${found}, one expected`, {
    expected: name === undefined ? 'world NAME { ... }' : `--world with one of ${names.join(', ')}`,
  })
}

/** The same world importing these interfaces too, and every host package beside it. */
export function completeWorld({ wit, name }: World, imports: readonly string[]): World {
  const packages = hostFilesOf(`${wit} ${imports.join(' ')}`)
    .map(hostFile)
    .filter(({ id }) => !wit.includes(`package ${id}`))
  const missing = imports.filter((one) => !importsInterface(wit, one))
  const whole = (own: string) => [own, ...packages.map(nested)].join('\n')
  if (missing.length === 0) return { wit: whole(wit), name }
  const more = missing.map((one) => `  import ${one};\n`).join('')
  const built = `${name}-with-imports`
  return { wit: whole(`${wit}\nworld ${built} {\n  include ${name};\n${more}}\n`), name: built }
}

const importsInterface = (wit: string, one: string): boolean => withoutComments(wit).includes(`import ${one};`)

const withoutComments = (wit: string): string => wit.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')

export type HostFile = { readonly name: string; readonly text: string; readonly id: string; readonly body: string }

/** A file of `shared/wit`: its `package` line and what follows. */
export function hostFile(name: string): HostFile {
  const text = readFileSync(join(packageRoot, 'shared', 'wit', `${name}.wit`), 'utf8')
  const [head = '', id = ''] = /^package (\S+);$/m.exec(text) ?? []
  return { name, text, id, body: text.slice(text.indexOf(head) + head.length) }
}

const nested = ({ id, body }: HostFile): string => `package ${id} {${body}}\n`
