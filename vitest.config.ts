import { configDefaults, defineConfig } from 'vitest/config'

import { START_TESTS } from './vitest.start.config.ts'

export default defineConfig({
  test: {
    include: ['packages/**/*.test.ts', 'apps/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      ...START_TESTS,
      ...['attacks', 'browser', 'end-to-end', 'faults', 'long', 'spreadsheets', 'timing'].map(
        (suite) => `tests/${suite}/**`,
      ),
    ],
    globalSetup: ['tests/support/global-setup.ts'],
    setupFiles: ['tests/support/release-after-file.ts'],
    allowOnly: false,
    maxWorkers: 2,
    // Loading what a test file needs takes seconds of processor time: the files of one process share it.
    isolate: false,
    reporters: ['default', './tests/support/slowest-files-reporter.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
