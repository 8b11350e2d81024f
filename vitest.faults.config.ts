import { defineConfig } from 'vitest/config'

import { BASE } from './vitest.base.ts'

/** The tests that kill and cut: two files at once, as they wait for most of their time. */
export default defineConfig({
  test: {
    include: ['tests/faults/**/*.test.ts'],
    ...BASE,
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
