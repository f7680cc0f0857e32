import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type HostFile, hostFile, hostFilesOf } from './world.ts'

/**
 * Puts the host packages that the WIT of a crate names, and those that they name, into its `wit/deps`, where wit-bindgen
 * looks for them. What is there already stays. Answers the files that it wrote.
 */
export function fillDeps(crate: string): string[] {
  const folder = join(crate, 'wit')
  if (!existsSync(folder)) return []
  const own = globSync('**/*.wit', { cwd: folder }).map((file) => readFileSync(join(folder, file), 'utf8'))
  const missing = namedBy(own).filter(({ id }) => !own.some((text) => text.includes(`package ${id}`)))
  const deps = join(folder, 'deps')
  if (missing.length > 0) mkdirSync(deps, { recursive: true })
  return missing.map(({ name, text }) => {
    const file = join(deps, `${name.replace('/', '-')}.wit`)
    writeFileSync(file, text)
    return file
  })
}

/** Host packages that these texts name, directly or not. */
function namedBy(texts: readonly string[]): HostFile[] {
  const files = hostFilesOf(texts.join('\n')).map(hostFile)
  const found = new Set<HostFile>()
  for (let before = -1; before < found.size; ) {
    before = found.size
    const all = [...texts, ...[...found].map(({ text }) => text)].join('\n')
    for (const file of files) if (all.includes(`${file.id.replace(/@.*/, '')}/`)) found.add(file)
  }
  return [...found]
}
