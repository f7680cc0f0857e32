import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'

/**
 * The worker's files as one script. A worker that is started with a script needs no permission to read files, not even
 * its own; and Node neither loads its module system nor strips types in it, which would double its start.
 *
 * The files may import builtins and each other, by name only, and export functions, classes and constants.
 */
export function workerSource(entry: URL): string {
  const linked = new Map<string, string>()
  link(entry, linked)
  return `'use strict'\nconst modules = {}\n${[...linked.values()].join('\n')}`
}

const IMPORT = /^import\s*\{([^}]*)\}\s*from\s*'([^']+)';?/gm
const EXPORT = /^export (?=(?:async )?(?:function|class|const) ([A-Za-z0-9_$]+))/gm
/** What tsc leaves of a file that exported types alone. */
const EMPTY_EXPORT = /^export \{\};?$/gm

function link(file: URL, linked: Map<string, string>): void {
  const exported: string[] = []
  const body = javascriptOf(file)
    .replace(EMPTY_EXPORT, '')
    .replace(IMPORT, (_, names: string, specifier: string) => importOf(names, specifier, file, linked))
    .replace(EXPORT, (_, name: string) => {
      exported.push(name)
      return ''
    })
  if (/^(?:import|export)\b/m.test(body))
    throw new Error(`${file.pathname}: an import or export that the worker cannot link`)
  linked.set(
    file.href,
    `modules[${JSON.stringify(file.href)}] = (() => {\n${body}\nreturn { ${exported.join(', ')} }\n})()`,
  )
}

function importOf(names: string, specifier: string, from: URL, linked: Map<string, string>): string {
  const bindings = names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => name.replace(' as ', ': '))
    .join(', ')
  if (specifier.startsWith('node:')) return `const { ${bindings} } = require('${specifier}')`
  const file = new URL(specifier, from)
  if (bindings === '') return ''
  if (!linked.has(file.href)) link(file, linked)
  return `const { ${bindings} } = modules[${JSON.stringify(file.href)}]`
}

function javascriptOf(file: URL): string {
  const source = readFileSync(file, 'utf8')
  return file.pathname.endsWith('.ts') ? quietly(() => stripTypeScriptTypes(source)) : source
}

/** Node warns that stripping types is experimental; running from .ts at all already says that this is a checkout. */
function quietly<T>(fn: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return fn()
  } finally {
    process.emitWarning = emitWarning
  }
}
