import { defineConfig } from 'vitest/config'

/** The dashboard in a real browser, against the real system: both are started once, and each file is an organization. */
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    globalSetup: ['tests/browser/global-setup.ts'],
    setupFiles: ['tests/support/release-after-file.ts'],
    allowOnly: false,
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
