import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { counted, QEMU } from './mps2.ts'
import type { ZephyrBoard } from './zephyr.ts'
import { zephyrBuild } from './zephyr-build.ts'

/** The unit tests of the core as an image of Zephyr, built and run. */

export type Ended = { readonly outcome: 'PASS' | 'FAIL' | 'SKIP'; readonly said: readonly string[] }
export type SuitesRun = {
  /** By `suite: case`. */
  readonly cases: ReadonlyMap<string, Ended>
  /** Whether ztest was content with the whole. */
  readonly isSuccessful: boolean
  /** The last lines, for whoever wants to know why not. */
  readonly tail: string
}

const source = new URL('../../firmware/tests/zephyr/suites', import.meta.url).pathname
const TAIL_LINES = 40
const THE_END = /^PROJECT EXECUTION (SUCCESSFUL|FAILED)/
/** Nothing comes after it. */
const FATAL = /ZEPHYR FATAL ERROR|Halting system/

/** What ztest prints, line by line. */
export function suitesRun(lines: readonly string[]): SuitesRun {
  const cases = new Map<string, Ended>()
  let suite = ''
  let said: string[] = []
  for (const line of lines) {
    const [, begun] = /^Running TESTSUITE (\w+)/.exec(line) ?? []
    const [, outcome, name] = /^ (PASS|FAIL|SKIP) - (\w+) in /.exec(line) ?? []
    if (begun) suite = begun
    if (outcome) cases.set(`${suite}: ${name}`, { outcome: outcome as Ended['outcome'], said })
    if (outcome || line.startsWith('START - ')) said = []
    else said.push(line)
  }
  const isSuccessful = lines.some((line) => THE_END.exec(line)?.[1] === 'SUCCESSFUL')
  return { cases, isSuccessful, tail: lines.slice(-TAIL_LINES).join('\n') }
}

/** Of the native simulator a program; of a processor what QEMU takes for one. */
const commandOf = (board: ZephyrBoard, folder: string): [string, string[]] =>
  board.target.startsWith('native_sim') ? [join(folder, 'zephyr.exe'), []] : [QEMU, [...counted(folder)]]

/** Builds the image and runs it until its last line. */
export async function runSuites(board: ZephyrBoard): Promise<SuitesRun> {
  const { name, target, toolchain } = board
  const folder = join(await zephyrBuild(`${name}-suites`, { source, target, toolchain }), 'zephyr')
  const [command, args] = commandOf(board, folder)
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line.trimEnd())
    // An emulator would go on for ever.
    if (THE_END.test(line) || FATAL.test(line)) child.kill()
  }
  await ended
  return suitesRun(lines)
}
