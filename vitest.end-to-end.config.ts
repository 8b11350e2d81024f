import { defineConfig } from 'vitest/config'

/** What starts the whole system as processes and uses it as its users do: by the APIs, the command line and the documents. */
export default defineConfig({
  test: {
    include: ['tests/end-to-end/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    setupFiles: ['tests/support/release-after-file.ts'],
    allowOnly: false,
    maxWorkers: 2,
    isolate: false,
    reporters: ['default', './tests/support/slowest-files-reporter.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
