import type { SystemDatabase } from '@importer/db'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { openTestDatabase } from '../../../../tests/support/open-test-database.ts'
import { startPostgresProxy, type Cut, type PostgresProxy } from '../../../../tests/support/postgres-proxy.ts'
import { queryOnce } from '../../../../tests/support/query-once.ts'
import { callApi, postNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { startIntake, type TestIntake } from '../../test/start-intake.ts'
import { fieldParts, filePart, makeForm, postForm } from '../../test/upload.ts'
import { line, seedReference, work } from '../../test/work.ts'

/** An upload whose import may or may not have been committed: what may be there keeps its file. */

/** Undisturbed, over the database and the store that the other one reaches by way of the proxy. */
let intake: TestIntake
let cutting: TestIntake
let proxy: PostgresProxy
let database: SystemDatabase
let next: Cut | null = null
let nextCoupon = 1

beforeAll(async () => {
  intake = await startIntake()
  await seedReference(intake)
  const chooseCut = (): Cut | null => {
    const cut = next
    next = null
    return cut
  }
  proxy = await startPostgresProxy(intake.databaseUrl, chooseCut, 'INSERT INTO import (')
  database = openTestDatabase(proxy.url)
  cutting = {
    ...(await startIntake({ databases: database, systemDatabase: database, store: intake.store })),
    keys: intake.keys,
  }
})
afterAll(() => proxy.stop())

const UPLOADS: Record<string, (content: string, key: string) => Promise<Response>> = {
  'the native API': (content, key) => postNative(cutting, content, { headers: { 'Idempotency-Key': key } }),
  'the compatible API': (content) => postForm(cutting, makeForm([...fieldParts(), filePart(content)])),
}

test.each(
  Object.keys(UPLOADS).flatMap((api): [string, Cut, number][] => [
    [api, 'before-server', 0],
    [api, 'before-sync', 0],
    [api, 'at-reply', 1],
    [api, 'within-reply', 1],
  ]),
)('at %s a cut %s is 503, leaves the file and %i imports, which complete', async (api, cut, imports) => {
  const before = await intake.countStored()
  const content = line(`CODE${nextCoupon++}`)
  next = cut
  const response = await UPLOADS[api]?.(content, `${cut}-1`)
  expect([response?.status, response?.headers.get('retry-after')]).toEqual([503, '5'])
  expect(await response?.text()).toMatch(/"DATABASE_UNAVAILABLE".*not known whether the import was created/)
  const after = await intake.countStored()
  expect([after.files - before.files, after.imports - before.imports]).toEqual([1, imports])
  if (imports === 0) return
  const { id } = await intake.database.prisma.import.findFirstOrThrow({ orderBy: { id: 'desc' } })
  await work(intake, id)
  const done = await readJson(await callApi(intake, 'GET', `/v1/imports/${id}`))
  expect(done).toMatchObject({ status: 'completed', counts: { inserted: 1 } })
  if (api === 'the native API') {
    const again = await UPLOADS[api]?.(content, `${cut}-1`)
    expect([again?.status, again?.headers.get('idempotency-replayed')]).toEqual([202, 'true'])
    expect((await intake.countStored()).files).toBe(after.files)
  }
})

test('what the database refuses leaves nothing', async () => {
  const before = await intake.countStored()
  await queryOnce(intake.ownerUrl, 'ALTER TABLE import ADD CONSTRAINT nothing_more CHECK (false) NOT VALID')
  const statuses = []
  for (const upload of Object.values(UPLOADS)) statuses.push((await upload(line('CODE1'), 'refused')).status)
  await queryOnce(intake.ownerUrl, 'ALTER TABLE import DROP CONSTRAINT nothing_more')
  expect(statuses).toEqual([500, 500])
  expect(await intake.countStored()).toEqual(before)
})

test('an import that is committed and cannot be read back keeps its file', async () => {
  const before = await intake.countStored()
  await queryOnce(intake.ownerUrl, 'ALTER TABLE import_lane RENAME COLUMN column_count TO away')
  const response = await postNative(intake, line('CODE1'))
  await queryOnce(intake.ownerUrl, 'ALTER TABLE import_lane RENAME COLUMN away TO column_count')
  expect(response.status).toBe(500)
  const after = await intake.countStored()
  expect([after.files - before.files, after.imports - before.imports]).toEqual([1, 1])
})
