import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file that is started as `renode` is. */
export function fakeRenode(dir: string): string {
  return nodeProgram(join(dir, 'renode'), new URL('main.ts', import.meta.url).pathname)
}

/** A file that runs this script with the Node of the tests, whatever PATH says. */
export function nodeProgram(file: string, script: string): string {
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`)
  chmodSync(file, 0o755)
  return file
}
