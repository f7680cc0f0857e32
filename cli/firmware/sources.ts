import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SamaraError } from '../../shared/errors.ts'
import { packageRoot } from '../programs.ts'

const firmware = join(packageRoot, 'firmware')
/** CMake's folder of the program for Linux. */
export const posixFolder = join(firmware, 'posix')

/** What a build is made of: sources, and how it was asked for. Tests of the firmware count only where they are built. */
export function sourcesDigest(options: Readonly<Record<string, string>>): string {
  if (!existsSync(join(posixFolder, 'CMakeLists.txt')))
    throw new SamaraError('UNAVAILABLE', `the C agent: its sources are not in this installation, ${firmware} expected`)
  const hash = createHash('sha256').update(JSON.stringify(Object.entries(options).sort()))
  const withTests = options.SAMARA_TESTS === 'ON' || options.SAMARA_FUZZ === 'ON'
  const shared = ['protocol.cddl', ...(withTests ? ['vectors/messages.json'] : [])]
  for (const file of [...sourceFiles(withTests), ...shared.map((name) => join(packageRoot, 'shared', name))])
    hash.update(`\0${file}\0`).update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

const sourceFiles = (withTests: boolean): string[] =>
  readdirSync(firmware, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(Kconfig|Cargo\.\w+|.*\.(c|h|cmake|txt|rs))$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => withTests || !file.startsWith(join(firmware, 'tests/')))
    .sort()
