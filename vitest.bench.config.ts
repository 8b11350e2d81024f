import { defineConfig } from 'vitest/config'

import { BASE } from './vitest.base.ts'

/** Whether the benchmarks run at all: every suite with few rows. What it finds is no measurement. */
export default defineConfig({
  test: {
    include: ['bench/**/*.test.ts'],
    ...BASE,
    testTimeout: 20_000,
  },
})
