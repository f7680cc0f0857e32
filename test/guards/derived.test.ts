import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { derived } from '../../shared/derive/main.ts'

test.each([...derived()])('%s is what its descriptions say (npm run derive)', (file, content) => {
  expect(readFileSync(file, 'utf8')).toBe(content)
})
