import { defineConfig } from 'vitest/config'

/** The dashboard in a real browser, against the real system: one file at a time, as each has both to itself. */
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    setupFiles: ['tests/support/release-after-file.ts'],
    allowOnly: false,
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 180_000,
  },
})
