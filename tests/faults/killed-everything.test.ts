import { expect, it } from 'vitest'

import { makeFaultCase, runUndisturbed } from './fault-case.ts'
import { killUnderSupervisor } from './kill-everything.ts'

const MOST_RECOVERY_MS = 40_000

it('everything killed at once, then PostgreSQL, the worker and the intake app alone: all comes back, nothing is lost', async () => {
  const fault = makeFaultCase(2_500)
  const [undisturbed] = await runUndisturbed([fault])
  const { outcome, recoveriesMs, ending } = await killUnderSupervisor(fault, [
    'everything',
    'postgres',
    'worker',
    'intake',
    'everything',
  ])
  expect(outcome).toEqual(undisturbed)
  expect(ending).toBe('exit code 0')
  const reported = recoveriesMs.map(([victim, each]) => `${victim} ${(each / 1000).toFixed(1)} s`).join(', ')
  console.log(`at work again after: ${reported}`)
  for (const [, each] of recoveriesMs) expect(each).toBeLessThan(MOST_RECOVERY_MS)
})
