import { defineConfig } from 'vitest/config'

/** The attacks: all on one real system, so one file and one attack at a time, each watched by itself. */
export default defineConfig({
  test: {
    include: ['tests/attacks/**/*.test.ts'],
    globalSetup: ['tests/attacks/global-setup.ts'],
    allowOnly: false,
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
