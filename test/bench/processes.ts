import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

/** A program as a process of its own, and what the system says of it. */
export type Process = {
  readonly pid: number
  /** From the start of the process to its ready line. */
  readonly startMs: number
  /** The ready line. */
  readonly ready: string
  /** Resolves with the next line that matches. */
  line(match: RegExp): Promise<string>
  stop(signal?: NodeJS.Signals): Promise<void>
}

const READY_MS = 120_000
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export async function start(
  args: readonly string[],
  ready: RegExp,
  command = process.execPath,
  hear?: (line: string) => void,
): Promise<Process> {
  const beganMs = performance.now()
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH, HOME, NODE_COMPILE_CACHE } })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const watchers = new Set<(line: string) => void>(hear && [hear])
  const latest = followLines(child, watchers)
  const line = (match: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(late)
        watchers.delete(watch)
        child.off('exit', ended)
        settle()
      }
      const fail = (what: string) => () =>
        end(() => reject(new Error(`${args.join(' ')}: ${what}, ${match} was awaited:\n${latest().join('\n')}`)))
      const watch = (text: string) => match.test(text) && end(() => resolve(text))
      const ended = fail('ended')
      const late = setTimeout(fail('said nothing'), READY_MS)
      watchers.add(watch)
      child.once('exit', ended)
    })
  const readyLine = await line(ready)
  return {
    pid: child.pid as number,
    startMs: performance.now() - beganMs,
    ready: readyLine,
    line,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      await once(child, 'exit')
    },
  }
}

/** Output is always read, or a full pipe would stop the program. */
function followLines(child: ChildProcess, watchers: ReadonlySet<(line: string) => void>): () => readonly string[] {
  const latest: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      const lines = (rest + piece).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        latest.push(line)
        if (latest.length > 20) latest.shift()
        for (const watch of [...watchers]) watch(line)
      }
    })
  }
  return () => latest
}

/** Memory that goes with the process: what it wrote, and pages of files that nobody else has mapped just now. */
export function privateMib(pid: number): { readonly written: number; readonly files: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const mib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1]) / 1024
  return { written: mib('Private_Dirty'), files: mib('Private_Clean') }
}

/** Linux counts processor time in these. */
const TICK_MS = 10

/** Processor time of all threads of a process so far. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

/** Resident memory: all of it, and what is the process's own, the mapped files of Node left out. */
export function memoryMib(pid: number): { readonly resident: number; readonly own: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
  return { resident: mib('VmRSS'), own: mib('RssAnon') }
}
