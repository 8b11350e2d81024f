import { configDefaults, defineConfig } from 'vitest/config'

import { REPORTERS, SHORT_TESTS } from './vitest.base.ts'
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
    ...SHORT_TESTS,
    reporters: REPORTERS,
  },
})
