import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))

const imports = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((found) =>
    relative(root, resolve(root, dirname(file), found[1] ?? '')),
  )

const imported = (folder: string): { file: string; to: string }[] =>
  files(folder).flatMap((file) => imports(file).map((to) => ({ file, to })))

/** A folder, and where it may not reach. */
const walls: [from: string, forbidden: RegExp, why: string][] = [
  ['shared', /^(manager|proplet|cli|test|examples)\//, 'shared imports nothing of ours'],
  ['manager', /^(proplet|cli|test)\//, 'manager and proplet never meet'],
  ['proplet', /^(manager|cli|test)\//, 'manager and proplet never meet'],
  [
    'manager/scheduler',
    /^manager\/(mqtt|http|services|store\/sqlite|app)/,
    'the scheduler is a function of a snapshot',
  ],
  ['manager/services', /^manager\/(mqtt|http|store\/sqlite|app|main)/, 'services do not know their edges'],
  ['manager/mqtt', /^manager\/(http|app|main|store\/sqlite)/, 'http and mqtt never meet'],
  ['manager/http', /^manager\/(mqtt|main|store\/sqlite)/, 'http and mqtt never meet'],
  ['manager/store', /^manager\/(mqtt|http|services|scheduler|app)/, 'the store knows nobody'],
]

describe('imports point one way', () => {
  test.each(walls)('%s does not reach %s: %s', (folder, forbidden) => {
    expect(imported(folder).filter(({ to }) => forbidden.test(to))).toEqual([])
  })

  test('only programs.ts of the command line starts manager and proplet', () => {
    const reaching = imported('cli').filter(({ to }) => /^(manager|proplet)\//.test(to))
    expect(
      reaching.filter(({ file }) => !/^cli\/(programs|main)\.ts$|^cli\/commands\/(proplet|manager)\.ts$/.test(file)),
    ).toEqual([])
  })
})

test('names of runtimes stay out of scheduler and services: capabilities say it all', () => {
  const named = [...files('manager/scheduler'), ...files('manager/services')].filter((file) =>
    /\b(wamr|jco|v8|zephyr|esp32|linux)\b/i.test(readFileSync(join(root, file), 'utf8')),
  )
  expect(named).toEqual([])
})

/** The realm of a guest has no Clock of ours: its own clock and the length of its run are the machine's. */
const GUEST_REALM = ['proplet/runtime/worker.ts', 'proplet/runtime/hosts/guest.ts']

test('time is asked of the Clock alone', () => {
  const folders = ['shared', 'manager', 'proplet']
  const found = folders.flatMap(files).filter((file) => {
    if (file === 'shared/clock.ts' || GUEST_REALM.includes(file)) return false
    return /\b(Date\.now|setTimeout|setInterval|performance\.now)\(/.test(readFileSync(join(root, file), 'utf8'))
  })
  expect(found).toEqual([])
})
