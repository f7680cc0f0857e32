import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Booted, bootKernel } from '../kernel/uml.ts'

/** Runs a program of this folder as the only one of a lab kernel, with variables that its environment does not have. */
export async function bootInside(
  kernel: string,
  inside: string,
  variables: Readonly<Record<string, string>>,
): Promise<Booted> {
  const folder = mkdtempSync(join(tmpdir(), 'samara-boot-'))
  const script = join(folder, 'boot.mjs')
  const program = join(import.meta.dirname, inside)
  writeFileSync(
    script,
    `Object.assign(process.env, ${JSON.stringify(variables)})\nawait import(${JSON.stringify(program)})\n`,
  )
  try {
    return await bootKernel(kernel, script)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
