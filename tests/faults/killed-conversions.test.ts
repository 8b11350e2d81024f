/** A worker is killed again and again while it makes the text of a workbook: the import ends as if nothing had happened. */
import { readdir } from 'node:fs/promises'
import path from 'node:path'

import { cleanFiles } from '@importer/imports'
import { createFileStore } from '@importer/file-store'
import { createLog } from '@importer/runtime'
import { expect, it } from 'vitest'

import { makeWorkbook, type MadeCell } from '../support/make-workbook.ts'
import { openOrganization } from '../support/open-organization.ts'
import { openTestDatabase } from '../support/open-test-database.ts'
import { queryOnce } from '../support/query-once.ts'
import { startSystem } from '../support/running-system.ts'
import { waitUntil } from '../support/wait-until.ts'

const ORG = 9_700
const SERIES = 501
const ROWS = 60_000
const KILLS = 3
const AT = Date.UTC(2024, 10, 25)

it('is taken up by the next worker, and leaves nothing behind', async () => {
  const system = await startSystem({ partitions: 2, batchRows: 2_000, concurrency: 2 })
  const database = openTestDatabase(system.databaseUrl)
  const shop = await openOrganization(database, `http://127.0.0.1:${system.port}`, ORG)
  await shop.put('series', `id,maxRedemptionsPerCoupon\n${SERIES},1\n`)
  await shop.put('customers', 'id,mobile\n1,919800000001\n')
  await shop.put('tills', 'id\n1\n')
  await shop.put(
    'coupons',
    `id,seriesId,code\n${Array.from({ length: ROWS }, (_, n) => `${n + 1},${SERIES},C-${n}\n`).join('')}`,
  )
  const rows = Array.from({ length: ROWS }, (_, n): MadeCell[] => [
    AT + n,
    1,
    919_800_000_001,
    n % 10 === 3 ? `X-${n}` : `C-${n}`,
  ])
  const content = new Uint8Array(await makeWorkbook({ sheets: [{ name: 'A', rows }] }))

  const listParts = async (): Promise<string[]> =>
    (await readdir(path.join(system.dataDir, 'uploads'), { recursive: true })).filter((name) => name.endsWith('.part'))
  const fields = {
    customerIdentifier: 'MOBILE',
    couponIdentifier: 'COUPON_CODE',
    uploadHeaders: '{"redeemedDateInMillis": 0, "redeemedAt": 1, "mobile": 2, "couponCode": 3}',
  }
  const answer = await shop.upload(SERIES, fields, { name: 'a.xlsx', content })
  expect(answer.status).toBe(202)
  const { id } = (await answer.json()) as { id: number }
  const known = new Set<string>()
  for (let kill = 0; kill < KILLS; kill += 1) {
    await waitUntil('a worker makes the text', async () => {
      const found = (await listParts()).filter((name) => !known.has(name))
      found.forEach((name) => known.add(name))
      return found.length > 0
    })
    await system.worker.kill('SIGKILL')
    const [row] = await queryOnce<{ to_prepare: boolean }>(
      system.ownerUrl,
      'SELECT to_prepare FROM import WHERE id = $1',
      [id],
    )
    expect(row).toEqual({ to_prepare: true })
    await system.startWorker()
  }
  const view = await shop.waitForEnd(id)
  expect(view).toMatchObject({
    status: 'completed',
    counts: { rows: ROWS, inserted: (ROWS * 9) / 10, duplicates: 0, rejected: ROWS / 10 },
  })

  // Upload and text, and what the killed workers left: nothing stays of an import that is deleted.
  const listFiles = async (): Promise<string[]> => {
    const entries = await readdir(path.join(system.dataDir, 'uploads'), { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile() && entry.name !== 'installation-id').map(({ name }) => name)
  }
  expect((await shop.send(`/v1/imports/${id}`, { method: 'DELETE' })).ok).toBe(true)
  // A worker that starts looks at once at what is to be removed.
  await system.startWorker()
  await waitUntil('nothing was left but unfinished files', async () =>
    (await listFiles()).every((name) => name.endsWith('.part')),
  )
  // The janitor takes those for dead after a while: an hour from now.
  const store = await createFileStore({ storageUrl: undefined, dataDir: system.dataDir, s3Endpoint: undefined })
  const log = createLog({ name: 'test', level: 'silent' })
  const now = Date.now() + 3_600_000
  await cleanFiles({ database, store: { ...store, readClock: async () => now }, log, now }, 0)
  expect(await listFiles()).toEqual([])
  await system.stop()
})
