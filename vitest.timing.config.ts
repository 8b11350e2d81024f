import { defineConfig } from 'vitest/config'

/** The tests that measure how soon something happens: each alone. */
export default defineConfig({
  test: {
    include: ['tests/timing/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    setupFiles: ['tests/support/release-after-file.ts'],
    allowOnly: false,
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
