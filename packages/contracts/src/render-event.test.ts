import { expect, test } from 'vitest'

import type { ImportFacts } from './describe-import.ts'
import { renderImportEvent } from './render-event.ts'

const AT = new Date('2026-01-02T03:04:05Z')

function makeFacts(more: Partial<ImportFacts>): ImportFacts {
  return {
    id: 1,
    seriesId: 5n,
    status: 'completed',
    fileName: 'a.csv',
    upload: { bytes: 1, sha256: '00' },
    bytes: 1,
    bytesRead: 1,
    counts: { rows: 0, inserted: 0, duplicates: 0, rejected: 0 },
    errorsByCode: {},
    hasHeader: true,
    delimiter: ',',
    details: null,
    metadata: null,
    dryRun: false,
    attempts: 1,
    retryOf: null,
    retriedAs: null,
    failure: null,
    createdAt: AT,
    startedAt: AT,
    finishedAt: AT,
    updatedAt: AT,
    ...more,
  }
}

const SMALL = { a: 'b' }
const LARGE = { a: 'b'.repeat(19_900) }
const NOTES = 'x'.repeat(65_536)

test.each<[string, Partial<ImportFacts>, object]>([
  ['little', { details: 'x', metadata: SMALL }, { details: 'x', metadata: SMALL }],
  ['large metadata', { details: 'x', metadata: LARGE }, { details: 'x', metadata: null, truncated: ['metadata'] }],
  [
    'long details',
    { details: NOTES, metadata: SMALL },
    { details: 'x'.repeat(255), metadata: SMALL, truncated: ['details'] },
  ],
  [
    'both',
    { details: NOTES, metadata: LARGE },
    { details: 'x'.repeat(255), metadata: null, truncated: ['metadata', 'details', 'fileName'] },
  ],
])('of an import with %s an event tells what has room in 20,000 bytes', (_name, facts, told) => {
  const body = renderImportEvent('import.completed', AT, makeFacts(facts), 'https://a.example')
  expect(Buffer.byteLength(body)).toBeLessThan(20_000)
  const { data } = JSON.parse(body) as { data: object }
  expect(data).toMatchObject(told)
  expect('truncated' in data).toBe('truncated' in told)
})
