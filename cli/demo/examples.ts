import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SamaraError } from '../../shared/errors.ts'
import { packageRoot } from '../programs.ts'

/** Modules that the demo runs, where the package has them. */
export const examples = {
  add: 'add/add.wasm',
  greet: 'greet/greet.wasm',
  values: 'values/values.component.wasm',
  'line-stats': 'line-stats/line-stats.wasm',
  ticker: 'ticker/ticker.wasm',
} as const

export type Example = keyof typeof examples

export function exampleFile(name: Example): string {
  const file = join(packageRoot, 'examples', examples[name])
  if (existsSync(file)) return file
  throw new SamaraError('NOT_FOUND', `example ${examples[name]}: is not in ${join(packageRoot, 'examples')}`)
}
