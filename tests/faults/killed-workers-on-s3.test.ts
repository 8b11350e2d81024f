import { expect, it } from 'vitest'

import { startS3Storage } from '../support/s3-storage.ts'
import { makeFaultCase, runUndisturbed } from './fault-case.ts'
import { killWorkers } from './kill-workers.ts'

/** One at each instant in a batch's life, beside those at the claim and at the completion. */
const KILLS_IN_BATCHES = 4

it('an import from S3 whose worker is killed six times ends as the model says', async () => {
  const fault = makeFaultCase(2_000, 1)
  // On a folder, and compared with the model.
  const [undisturbed] = await runUndisturbed([fault])
  const storage = await startS3Storage()
  const { outcome, kills } = await killWorkers(fault, {
    redisUrl: undefined,
    inBatches: KILLS_IN_BATCHES,
    env: storage.env,
  })
  expect(kills).toBe(KILLS_IN_BATCHES + 2)
  expect(outcome).toEqual(undisturbed)
  await storage.stop()
})
