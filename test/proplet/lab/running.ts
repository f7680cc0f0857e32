import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type RunningLab, type StartLabOptions, startLab } from '../../../proplet/lab/start.ts'
import { realClock } from '../../../shared/clock.ts'
import { quiet } from '../../support/quiet.ts'
import { BENCH } from './support.ts'

export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'samara-lab-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

const parts = new URL('parts', import.meta.url).pathname

export type Started = RunningLab & { readonly dir: string; readonly file: string }

/** A lab that listens, for as long as the test. */
export async function started(options: Partial<StartLabOptions> & { yaml?: string } = {}): Promise<Started> {
  const { yaml = BENCH, ...rest } = options
  const dir = temporaryFolder()
  const file = join(dir, 'bench.lab.yaml')
  writeFileSync(file, yaml.replaceAll('./parts', parts))
  const running = await startLab({ file, socket: join(dir, 'lab.sock'), clock: realClock, log: quiet, ...rest })
  onTestFinished(() => running.close())
  return { ...running, dir, file }
}
