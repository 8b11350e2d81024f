import { defineConfig } from 'vitest/config'

import { REPORTERS, SHORT_TESTS } from './vitest.base.ts'

/** What starts the whole system as processes and uses it as its users do: by the APIs, the command line and the documents. */
export default defineConfig({
  test: {
    include: ['tests/end-to-end/**/*.test.ts'],
    ...SHORT_TESTS,
    reporters: REPORTERS,
  },
})
