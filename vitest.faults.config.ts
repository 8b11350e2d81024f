import { defineConfig } from 'vitest/config'

/** The tests that kill and cut, and those that measure how soon something happens: one file at a time, as each keeps the machine busy by itself. */
export default defineConfig({
  test: {
    include: ['tests/faults/**/*.test.ts', 'tests/timing/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    setupFiles: ['tests/support/release-after-file.ts'],
    allowOnly: false,
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
