import { defineConfig } from 'vitest/config'

import { BASE } from './vitest.base.ts'

/** The tests that measure how soon something happens: each alone. */
export default defineConfig({
  test: {
    include: ['tests/timing/**/*.test.ts'],
    ...BASE,
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
