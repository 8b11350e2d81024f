/** What every suite has that starts a PostgreSQL of its own: one for the run, of which each file gets clones. */
export const BASE = {
  globalSetup: ['tests/support/global-setup.ts'],
  setupFiles: ['tests/support/release-after-file.ts'],
  allowOnly: false,
}

/** Suites of many short tests. Loading what a file needs takes seconds of processor time: those of one process share it. */
export const SHORT_TESTS = { ...BASE, maxWorkers: 2, isolate: false, testTimeout: 20_000, hookTimeout: 60_000 }

export const REPORTERS = ['default', './tests/support/slowest-files-reporter.ts']
