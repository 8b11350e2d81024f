import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/**/*.test.ts', 'apps/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'tests/faults/**', 'tests/browser/**', 'tests/attacks/**'],
    globalSetup: ['tests/support/global-setup.ts'],
    allowOnly: false,
    maxWorkers: 2,
    reporters: ['default', './tests/support/slowest-files-reporter.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
