import { describe, expect, test } from 'vitest'

import {
  computeBackoffMs,
  dueImportJobId,
  importJobId,
  JOBS,
  nextRevertJobId,
  prepareJobId,
  readJobPayload,
  revertJobId,
  revertJobIds,
  webhookJobId,
  writeJobPayload,
  type JobName,
  type JobPayload,
} from './jobs.ts'

const PAYLOADS: { readonly [Name in JobName]: JobPayload<Name> } = {
  import: { importId: 1 },
  prepare: { importId: 1 },
  revert: { importId: 1 },
  webhook: { deliveryId: 1, turn: 0 },
}

describe.each(Object.keys(PAYLOADS) as JobName[])('a job of the kind %s', (name) => {
  const payload = PAYLOADS[name]
  const { version } = JOBS[name]

  test('is read as it was written', () => {
    expect(writeJobPayload(name, payload)).toEqual({ ...payload, version })
    expect(readJobPayload(name, writeJobPayload(name, payload))).toEqual({ status: 'read', payload })
  })

  test('is read without a version, as it was queued before there were any', () => {
    expect(readJobPayload(name, payload)).toEqual({ status: 'read', payload })
  })

  test('is known to be of a later version, whatever else it holds', () => {
    const newer = { status: 'newer', version: version + 1 }
    expect(readJobPayload(name, { ...payload, version: version + 1 })).toEqual(newer)
    expect(readJobPayload(name, { version: version + 1 })).toEqual(newer)
  })

  test.each([null, 'text', {}, { version }, { version: 0 }, { ...payload, version: '1' }])(
    'is not read from %j',
    (data) => {
      expect(readJobPayload(name, data).status).toBe('unreadable')
    },
  )
})

test('jobs have the ids that those in the queues have', () => {
  expect(importJobId(7, 2)).toBe('import-7-2')
  expect(dueImportJobId(7, { jobId: null, fencingToken: 2 })).toBe('import-7-2')
  expect(dueImportJobId(7, { jobId: 'import-7-1-r5', fencingToken: 2 })).toBe('import-7-1-r5')
  expect(prepareJobId(7)).toBe('prepare-7')
  expect(revertJobId(7)).toBe('revert-7')
  expect(revertJobIds(7)).toEqual(['revert-7', 'revert-7-continued'])
  expect(nextRevertJobId(7, 'revert-7')).toBe('revert-7-continued')
  expect(nextRevertJobId(7, 'revert-7-continued')).toBe('revert-7')
  expect(webhookJobId({ deliveryId: 7, turn: 0 })).toBe('webhook-7-0')
})

test.each([
  [1, 500, 1000],
  [2, 1000, 2000],
  [3, 2000, 4000],
  [5, 8000, 16_000],
  [6, 15_000, 30_000],
  [40, 15_000, 30_000],
  [2_147_483_647, 15_000, 30_000],
])('a job waits after attempt %i between %i and %i ms', (attempts, shortest, longest) => {
  expect(computeBackoffMs(attempts, 0)).toBe(shortest)
  expect(computeBackoffMs(attempts, 1)).toBe(longest)
})
