import { defineConfig } from 'vitest/config'

/** What a real spreadsheet program makes of our files: it takes seconds to start, so one file at a time. */
export default defineConfig({
  test: {
    include: ['tests/spreadsheets/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    setupFiles: ['tests/support/release-after-file.ts'],
    allowOnly: false,
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
