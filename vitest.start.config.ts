import { defineConfig } from 'vitest/config'

import { SHORT_TESTS } from './vitest.base.ts'

export const START_TESTS = [
  'apps/intake/src/main.test.ts',
  'apps/supervisor/src/{main,start-system}.test.ts',
  'packages/embedded-postgres/src/embedded-postgres.test.ts',
  'packages/local-system/src/supervise-process.test.ts',
]

/** How programs and the embedded PostgreSQL are started, ended and killed: minutes of waiting for processes. */
export default defineConfig({
  test: {
    include: START_TESTS,
    ...SHORT_TESTS,
  },
})
