import { expect, test } from 'vitest'

import { measureProgress, type ProgressFacts } from './import-progress.ts'

const BASE: ProgressFacts = {
  status: 'processing',
  bytes: 1_000,
  counts: { rows: 0, inserted: 0, duplicates: 0, rejected: 0 },
  bytesRead: 0,
  totalRows: null,
  workedMs: 4_000,
}
const COUNTS = { rows: 100, inserted: 100, duplicates: 0, rejected: 0 }

test.each<[string, Partial<ProgressFacts>, object]>([
  ['queued', { status: 'queued', workedMs: 0 }, { percent: 0, rowsPerSecond: 0, etaSeconds: null }],
  ['begun', {}, { percent: 0, rowsRead: 0, rowsPerSecond: 0, etaSeconds: null }],
  [
    'a quarter done',
    { bytesRead: 250, counts: COUNTS },
    { percent: 25, bytesRead: 250, rowsRead: 100, rowsPerSecond: 25, etaSeconds: 12 },
  ],
  ['read to the end', { bytesRead: 1_000, counts: COUNTS }, { percent: 99.9, etaSeconds: 0 }],
  [
    'completed',
    { status: 'completed', bytesRead: 1_000, counts: COUNTS, workedMs: 2_000 },
    { percent: 100, rowsPerSecond: 50, etaSeconds: 0 },
  ],
  ['completed without a byte', { status: 'completed', bytes: 0 }, { percent: 100, etaSeconds: 0 }],
  [
    'completed and then reverted',
    { status: 'reverted', bytesRead: 1_000, totalRows: 100, counts: COUNTS, workedMs: 2_000 },
    { percent: 100, rowsPerSecond: 50, etaSeconds: 0 },
  ],
  [
    'cancelled half-way and then reverted',
    { status: 'reverted', bytesRead: 500, counts: COUNTS, workedMs: 2_000 },
    { percent: 50, etaSeconds: null },
  ],
  ['failed half-way', { status: 'failed', bytesRead: 500 }, { percent: 50, etaSeconds: null }],
])('of an import that is %s', (_name, record, progress) => {
  expect(measureProgress({ ...BASE, ...record })).toMatchObject(progress)
})
