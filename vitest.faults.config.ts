import { defineConfig } from 'vitest/config'

/** The tests that kill and cut: one file at a time, as each keeps the machine busy by itself. */
export default defineConfig({
  test: {
    include: ['tests/faults/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    allowOnly: false,
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
