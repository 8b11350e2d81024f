import { defineConfig } from 'vitest/config'

export const START_TESTS = [
  'apps/intake/src/main.test.ts',
  'apps/supervisor/src/{main,start-system,supervise-process}.test.ts',
  'packages/runtime/src/embedded-postgres/embedded-postgres.test.ts',
]

/** How programs and the embedded PostgreSQL are started, ended and killed: minutes of waiting for processes. */
export default defineConfig({
  test: {
    include: START_TESTS,
    globalSetup: ['tests/support/global-setup.ts'],
    setupFiles: ['tests/support/release-after-file.ts'],
    allowOnly: false,
    maxWorkers: 2,
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
