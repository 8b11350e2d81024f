import { spawnSync } from 'node:child_process'

/** Whether this machine has promtool. Use it as `test.skipIf(!hasPromtool())`: in CI, where it must be there, a missing one is an error. */
export function hasPromtool(): boolean {
  if (spawnSync('promtool', ['--version']).status === 0) return true
  const message = 'there is no promtool on this machine'
  if (process.env['CI']) throw new Error(`${message}, and CI must not go without it`)
  console.warn(`SKIPPED: ${message}, so alerts and metrics are not checked here (Debian: apt-get install prometheus)`)
  return false
}
