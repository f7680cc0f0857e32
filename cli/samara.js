#!/usr/bin/env node
// The command `samara`. Plain JavaScript, so that an older Node can start it and hand over to a newer one.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isNewEnough, root, runInstead } from './node.js'

const source = join(root, 'cli', 'main.ts')
const entry = existsSync(source) ? source : join(root, 'dist', 'cli', 'main.js')

if (isNewEnough()) await import(entry)
else runInstead([entry, ...process.argv.slice(2)])
