import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Result } from './result.ts'

const root = resolve(import.meta.dirname, '../..')
/** For one that hangs: what is slow on a slow machine is no failure. */
export const LIMIT_MS = 600_000
/** Node with the suites needs a third of it; with guests and their tools half. */
const MEMORY = '768M'

export type Booted = {
  /** Console of the guest. */
  readonly output: string
  readonly results: readonly Result[]
}

/** Runs a program of ours as the only one of a lab kernel. The host's files are its files, read-only. */
export async function bootKernel(kernel: string, script: string, limitMs = LIMIT_MS): Promise<Booted> {
  const folder = mkdtempSync(join(tmpdir(), 'samara-kernel-'))
  try {
    const output = await run(kernel, guestArguments(folder, script), limitMs)
    return { output, results: resultsIn(join(folder, 'results.jsonl')) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const guestArguments = (folder: string, script: string): string[] => [
  ...[`mem=${MEMORY}`, 'seccomp=auto', `uml_dir=${folder}`, 'quiet', 'panic=-1'],
  ...['root=none', 'rootfstype=hostfs', 'rootflags=/', 'ro', `init=${join(import.meta.dirname, 'init.sh')}`],
  ...['con=null', 'con0=fd:0,fd:1', 'ssl=null'],
  ...[`lab.root=${root}`, `lab.out=${folder}`, `lab.node=${process.execPath}`, `lab.script=${script}`],
]

/** Its exit status is not the guest's: what counts are the results. */
function run(kernel: string, given: readonly string[], limitMs: number): Promise<string> {
  const { promise, resolve: ended, reject } = Promise.withResolvers<string>()
  const child = spawn(kernel, given, { stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  const limit = setTimeout(() => child.kill(), limitMs)
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.on('error', reject)
  child.on('close', () => {
    clearTimeout(limit)
    ended(Buffer.concat(chunks).toString('utf8'))
  })
  return promise
}

function resultsIn(file: string): Result[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Result)
}
