import { defineConfig } from 'vitest/config'

/** The tests that kill and cut: two files at once, as they wait for most of their time. */
export default defineConfig({
  test: {
    include: ['tests/faults/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    setupFiles: ['tests/support/release-after-file.ts'],
    allowOnly: false,
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
