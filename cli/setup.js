// Installs what is missing before an npm script runs. Plain JavaScript: it starts on Node 18 and newer.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { bundledNode, isNewEnough, root, run } from './node.js'

/** npm writes node_modules/.package-lock.json last; an older one than package-lock.json is another tree. */
function isInstalled() {
  const wanted = join(root, 'package-lock.json')
  const have = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(have)) return false
  if (!existsSync(wanted) || statSync(have).mtimeMs >= statSync(wanted).mtimeMs) return true
  const versions = (file) => JSON.parse(readFileSync(file, 'utf8')).packages
  const installed = versions(have)
  return Object.entries(versions(wanted)).every(
    ([path, entry]) => path === '' || entry.optional || installed[path]?.version === entry.version,
  )
}

if (!isInstalled()) {
  console.error('samara: installing dependencies (npm ci --ignore-scripts)')
  const code = run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
  if (code !== 0) process.exit(code)
}
if (!isNewEnough() && !bundledNode()) {
  console.error(`samara: needs Node 24 or newer, and found ${process.version} without the package of a newer one`)
  process.exit(1)
}
