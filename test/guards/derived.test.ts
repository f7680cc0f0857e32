import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readCatalogue, sourceDigest } from '../../examples/catalogue.ts'
import { derived } from '../../shared/derive/main.ts'
import { digestOf } from '../../shared/ids.ts'
import { pages } from '../support/tables.ts'

test.each([...(await derived()), ...pages()])('%s is what its descriptions say (npm run derive)', (file, content) => {
  expect(readFileSync(file, 'utf8')).toBe(content)
})

test.each(readCatalogue().map((entry) => [entry.file, entry] as const))(
  'examples/%s is built of its sources (npm run build:examples)',
  (file, entry) => {
    const bytes = readFileSync(new URL(`../../examples/${file}`, import.meta.url))
    expect(digestOf(bytes)).toBe(entry.digest)
    expect(sourceDigest(entry.sources)).toBe(entry.sourceDigest)
  },
)
