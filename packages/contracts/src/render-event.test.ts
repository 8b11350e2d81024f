import { expect, test } from 'vitest'

import type { ImportFacts } from './describe-import.ts'
import { importEventType, renderImportEvent } from './render-event.ts'

const NOW = new Date('2026-11-24T04:00:00.000Z')
const FACTS: ImportFacts = {
  id: 7,
  seriesId: 953234n,
  status: 'completed',
  fileName: 'nightly.csv',
  bytes: 100,
  bytesRead: 100,
  totalRows: null,
  upload: { bytes: 100, sha256: 'f'.repeat(64) },
  hasHeader: true,
  delimiter: ',',
  mapping: {},
  counts: { rows: 1, inserted: 1, duplicates: 0, rejected: 0 },
  errorsByCode: {},
  details: 'nightly',
  metadata: { from: 'till 7' },
  dryRun: false,
  profile: null,
  attempts: 1,
  delay: null,
  retryOptions: null,
  retryOf: null,
  retriedAs: null,
  failure: null,
  createdAt: NOW,
  startedAt: NOW,
  finishedAt: NOW,
  updatedAt: new Date('2026-01-01T00:00:02.000Z'),
  workedMs: 1_000,
}
const LONG = '界'.repeat(4_000)
const SHORTENED = '界'.repeat(255)

test.each<[string, Partial<ImportFacts>, object]>([
  ['all that fits', {}, { metadata: FACTS.metadata, details: FACTS.details, fileName: FACTS.fileName }],
  [
    'no metadata that are too large',
    { metadata: { note: LONG.repeat(2) } },
    { metadata: null, details: FACTS.details, fileName: FACTS.fileName, truncated: ['metadata'] },
  ],
  [
    'the beginning of details that are too long',
    { details: LONG.repeat(2) },
    { metadata: FACTS.metadata, details: SHORTENED, fileName: FACTS.fileName, truncated: ['details'] },
  ],
  [
    'neither large metadata nor all of the details',
    { details: LONG.repeat(2), metadata: { note: LONG.repeat(2) } },
    { metadata: null, details: SHORTENED, fileName: FACTS.fileName, truncated: ['metadata', 'details', 'fileName'] },
  ],
  [
    "the beginning of a file's name that is too long",
    { fileName: LONG.repeat(2), details: null },
    { metadata: null, details: null, fileName: SHORTENED, truncated: ['metadata', 'details', 'fileName'] },
  ],
  [
    'the beginning of both, half a character too',
    { fileName: `a${'😀'.repeat(5_000)}`, details: `b${'😀'.repeat(5_000)}` },
    { fileName: `a${'😀'.repeat(127)}`, details: `b${'😀'.repeat(127)}` },
  ],
])('an event reports %s, in less than 20 kB', (_name, more, reported) => {
  const body = renderImportEvent('import.completed', NOW, { ...FACTS, ...more }, 'https://coupons.example.com')
  expect(Buffer.byteLength(body)).toBeLessThan(20_000)
  const event = JSON.parse(body)
  expect(event).toMatchObject({ type: 'import.completed', timestamp: NOW.toISOString(), data: { id: 7, ...reported } })
  expect('truncated' in event.data).toBe('truncated' in reported || more.fileName !== undefined)
})

test.each([
  ['completed', 'import.completed'],
  ['failed', 'import.failed'],
  ['cancelled', 'import.cancelled'],
  ['reverted', 'import.reverted'],
  ['queued', undefined],
  ['processing', undefined],
] as const)('an import that is %s is reported as %s', (status, type) => {
  expect(importEventType(status)).toBe(type)
})
