import { findImportById, type ImportRecord } from '@importer/db'
import { createLog } from '@importer/runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { DirectImporter } from '../../../../tests/support/direct-importer.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { MAPPING } from '../../test/claim-file.ts'
import { logClaim, logCompletion } from './import-life.ts'

let importer: DirectImporter
let completed: ImportRecord

beforeAll(async () => {
  importer = await DirectImporter.open({ database: await createTestDatabase() })
  await importer.load({ series: 'id,maxRedemptionsPerCoupon\n3,1\n' })
  const file = Buffer.from(`${Date.UTC(2024, 5, 1)},1,1,none\n`)
  const { importId } = await importer.import({ seriesId: 3, mapping: MAPPING, file })
  const record = await findImportById(importer.database, importId)
  if (record === null) throw new Error('the import is gone')
  completed = record
})
afterAll(async () => importer.close())

function capture() {
  const lines: Record<string, unknown>[] = []
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>)
  return { lines, log: createLog({ name: 'worker', level: 'debug', destination: { write } }) }
}

test.each<[string, before: number, after: number, level: string, message: string]>([
  ['for the first time', 0, 1, 'info', 'import started'],
  ['after a worker that failed', 1, 2, 'warn', 'import taken over from a worker that failed'],
  ['for a further time slice', 2, 2, 'debug', 'import goes on'],
])('that a worker has taken an import %s', (_name, before, after, level, msg) => {
  const { log, lines } = capture()
  logClaim(log, { ...completed, attempts: before }, { ...completed, attempts: after })
  expect(lines).toMatchObject([{ level, msg, importId: completed.id, orgId: completed.orgId, attempts: after }])
})

test('that an import is completed, with its counts', async () => {
  const { log, lines } = capture()
  await logCompletion(importer.database, log, completed.id)
  const counts = { rows: 1, inserted: 0, duplicates: 0, rejected: 1 }
  expect(lines).toMatchObject([{ level: 'info', msg: 'import completed', importId: completed.id, ...counts }])
})

test('that an import is completed, also where nobody can say how', async () => {
  const { log, lines } = capture()
  const closed = await DirectImporter.open({ database: await createTestDatabase() })
  await closed.close()
  await logCompletion(closed.database, log, completed.id)
  expect(lines).toMatchObject([{ level: 'info', msg: 'import completed', importId: completed.id }])
})
