import { spawnSync } from 'node:child_process'

/** Whether a program is installed. Says in one line where it is not; under CI that is a failure, made by the runner. */
export function hasTool(name: string): boolean {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`
  const found = spawnSync('sh', ['-c', `command -v ${name}`], { env: { ...process.env, PATH: path } }).status === 0
  if (!found) console.warn(`skipped: ${name} is not installed`)
  return found
}

/** Whether Rust is there: rustup leaves a cargo that runs nothing where it has no toolchain. */
export function hasRust(): boolean {
  const found = spawnSync('cargo', ['--version']).status === 0
  if (!found) console.warn('skipped: cargo does not run')
  return found
}
