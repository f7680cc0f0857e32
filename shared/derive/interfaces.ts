import { readFileSync } from 'node:fs'
import { SamaraError } from '../errors.ts'
import { signatureText } from '../signature.ts'
import type { ComponentDescription } from '../wasm/component.ts'
import { functionDigest } from '../wasm/interface-digest.ts'
import { worldOfWit } from '../wasm/wit-text.ts'

/** Our WIT files by the shape that they have, with the files that theirs refer to. */
const sources: readonly { readonly shape: string; readonly file: string; readonly uses?: readonly string[] }[] = [
  { shape: 'i2c', file: 'wasi-i2c.wit' },
  { shape: 'spi', file: 'wasi-spi.wit' },
  { shape: 'gpio-2026', file: 'wasi-gpio.wit', uses: ['wasi-io.wit'] },
  { shape: 'gpio-2025', file: 'gpio-2025/wasi-gpio.wit' },
  { shape: 'gpio-2025', file: 'gpio-2025/samara-pins.wit', uses: ['gpio-2025/wasi-gpio.wit'] },
  { shape: 'usb', file: 'component-usb.wit' },
  { shape: 'usb', file: 'wasi-usb.wit' },
  { shape: 'poll', file: 'wasi-io.wit' },
  { shape: 'device', file: 'samara-device.wit', uses: ['wasi-i2c.wit'] },
]

type Functions = Record<string, string>

/** interfaces.json: by shape and interface each function with its canonical signature, and its digest. */
export async function interfaces(): Promise<string> {
  const shapes: Record<string, Record<string, Functions>> = {}
  for (const { shape, file, uses = [] } of sources)
    shapes[shape] = { ...shapes[shape], ...(await interfacesOf(read(file), uses.map(read))) }
  return `${JSON.stringify(shapes, undefined, 2)}\n`
}

const read = (file: string): string => readFileSync(new URL(`../wit/${file}`, import.meta.url), 'utf8')

async function interfacesOf(source: string, uses: readonly string[]): Promise<Record<string, Functions>> {
  const [home, version = ''] = packageOf(source).split(/(?=@)/)
  const names = [...source.matchAll(/^interface ([\w-]+)/gm)].map(([, one]) => `${home}/${one}${version}`)
  const world = `package samara:all;\nworld all {\n${names.map((one) => `import ${one};`).join('\n')}\n}`
  const { imports } = await worldOfWit([world, ...[source, ...uses].map(nested)].join('\n'))
  const own = imports.filter(({ module, functions }) => names.includes(module) && functions.length > 0)
  return Object.fromEntries(own.map((one) => [one.module, functionsOf(one)]))
}

function functionsOf({ module, functions }: ComponentDescription['imports'][number]): Functions {
  const rows = functions.map(({ name, signature }): [string, string] => [
    `${name} ${signatureText(signature)}`,
    functionDigest(module, name, signature),
  ])
  return Object.fromEntries(rows)
}

const PACKAGE = /^package ([^\s;]+);/m

function packageOf(source: string): string {
  const [, name] = PACKAGE.exec(source) ?? []
  if (!name) throw new SamaraError('INVALID_ARGUMENT', 'WIT file: has no line `package NAME;`')
  return name
}

/** One text holds several packages where each has braces around it. */
const nested = (source: string): string => `${source.replace(PACKAGE, 'package $1 {')}\n}`
