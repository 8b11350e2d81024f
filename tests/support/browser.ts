import { spawnSync } from 'node:child_process'

/**
 * Whether this machine has Chromium. Use it as `describe.skipIf(!hasBrowser())`: a missing browser is announced and
 * skips the suite; in CI, where it must be there, it is an error.
 */
export function hasBrowser(): boolean {
  if (spawnSync('chromium', ['--version']).status === 0) return true
  const message = 'there is no chromium on this machine'
  if (process.env['CI']) throw new Error(`${message}, and CI must not go without it`)
  console.warn(`SKIPPED: ${message}, so no page is looked at here (Debian: apt-get install chromium)`)
  return false
}
