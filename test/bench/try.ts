import { mkdirSync } from 'node:fs'
import { table, withFloors } from './rows.ts'

const [module = '', name = '', quick] = process.argv.slice(2)
const group = (await import(module))[name]
mkdirSync('/tmp/hwb', { recursive: true })
console.log(
  table(
    withFloors(
      await group.measure({ dir: '/tmp/hwb', dist: '/work/main/dist', quick: quick === 'q', note: console.log }),
    ),
  ),
)
process.exit(0)
