import { defineConfig } from 'vitest/config'

import { BASE } from './vitest.base.ts'

/** Thousands of rows, every kind of series, and a real LibreOffice: what takes minutes and is not about faults. */
export default defineConfig({
  test: {
    include: ['tests/long/**/*.test.ts', 'tests/spreadsheets/**/*.test.ts'],
    ...BASE,
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
