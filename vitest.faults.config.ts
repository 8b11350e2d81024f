import { defineConfig } from 'vitest/config'

/** The tests that kill and cut, which wait for most of their time, two at once; then those that measure how soon something happens, alone. */
export default defineConfig({
  test: {
    globalSetup: ['tests/support/global-setup.ts'],
    setupFiles: ['tests/support/release-after-file.ts'],
    allowOnly: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: { name: 'faults', include: ['tests/faults/**/*.test.ts'], maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: { name: 'timing', include: ['tests/timing/**/*.test.ts'], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
