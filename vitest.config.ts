import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two cores: more workers only make the slow suites slower.
    maxWorkers: 2,
    pool: 'forks',
    // They end what hangs: a slow machine is no failure.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
