import { defineConfig } from 'vitest/config'

/** Whether the benchmarks run at all: every suite with few rows. What it finds is no measurement. */
export default defineConfig({
  test: {
    include: ['bench/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    setupFiles: ['tests/support/release-after-file.ts'],
    allowOnly: false,
    testTimeout: 20_000,
  },
})
