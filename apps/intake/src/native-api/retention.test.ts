import { cleanFiles, purgeExpired } from '@importer/imports'
import { createLog } from '@importer/runtime'
import { expect, test } from 'vitest'

import { callApi, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { ORG, startIntake } from '../../test/start-intake.ts'
import { line, seedReference, work, workOnRevert } from '../../test/work.ts'

const RETENTION_DAYS = 30
const DAY_MS = 24 * 3_600_000

let nextCoupon = 1

const intake = await startIntake()
await seedReference(intake)

const log = createLog({ name: 'purge', level: 'silent' })

function purge(options: { retentionDays: number | undefined } = { retentionDays: RETENTION_DAYS }) {
  return purgeExpired({ database: intake.database, store: intake.store, log, ...options })
}

/** With one inserted, one duplicate and one rejected row. */
async function makeImport(fields: Record<string, string> = {}, header = ''): Promise<number> {
  const row = line(`CODE${nextCoupon++}`)
  const id = await uploadNative(intake, `${header}${row}${row}${line('NOSUCH')}`, { fields })
  await work(intake, id)
  return id
}

async function endedDaysAgo(id: number, days: number): Promise<void> {
  const finishedAt = new Date(Date.now() - days * DAY_MS)
  await intake.database.prisma.import.update({ where: { id }, data: { finishedAt } })
}

async function countKept(importId: number): Promise<Record<string, number>> {
  const { prisma } = intake.database
  const { fileKey, uploadFileKey } = await prisma.import.findUniqueOrThrow({ where: { id: importId } })
  const stored = await Promise.allSettled([fileKey, uploadFileKey ?? fileKey].map((key) => intake.store.size(key)))
  return {
    files: stored.filter(({ status }) => status === 'fulfilled').length,
    outcomes:
      (await prisma.rejectedRow.count({ where: { importId } })) +
      (await prisma.duplicateRow.count({ where: { importId } })) +
      (await prisma.dryRedemption.count({ where: { importId } })),
    redemptions: await prisma.redemption.count({ where: { importId } }),
  }
}

test.each<[string, Record<string, string>, string, number]>([
  ['without a header', {}, '', 1],
  ['with a header', {}, 'date,till,phone,code\n', 1],
  ['that was made UTF-8', { encoding: 'windows-1252' }, '', 1],
  ['that was a dry run', { dryRun: 'true' }, '', 0],
])('of an import %s the redemptions and the counts are left', async (_name, fields, header, redemptions) => {
  const id = await makeImport(fields, header)
  const before = await readJson(await callApi(intake, 'GET', `/v1/imports/${id}`))
  await endedDaysAgo(id, RETENTION_DAYS + 1)
  expect(await purge()).toMatchObject({ purgedImports: 1 })
  expect(await countKept(id)).toEqual({ files: 0, outcomes: 0, redemptions })
  const after = await readJson(await callApi(intake, 'GET', `/v1/imports/${id}`))
  expect(after).toMatchObject({ status: 'completed', counts: before.counts, errorsByCode: before.errorsByCode })

  const reports = ['errors', 'errors.csv', 'inserted.csv', 'duplicates.csv', 'unprocessed.csv', 'file']
  for (const report of reports) {
    const read = async () => (await callApi(intake, 'GET', `/v1/imports/${id}/${report}`)).text()
    // What is known of an import may be 250 ms old.
    await expect.poll(read, { message: report }).toContain('"code":"FILE_MISSING"')
  }
  const retry = await callApi(intake, 'POST', `/v1/imports/${id}/retry-rejected`)
  expect(await readJson(retry)).toMatchObject({ status: 409, code: 'IMPORT_STATE', state: 'completed' })
  // What is done needs nothing more.
  expect(await purge()).toMatchObject({ purgedImports: 0 })
})

test.each(['cancelled', 'failed'])('one that was %s cannot be resumed any more', async (state) => {
  const id = await uploadNative(intake, line('NOSUCH'), { fields: state === 'failed' ? { maxErrors: '0' } : {} })
  if (state === 'failed') await work(intake, id)
  else await callApi(intake, 'POST', `/v1/imports/${id}/cancel`)
  await endedDaysAgo(id, RETENTION_DAYS + 1)
  await purge()
  const resume = await callApi(intake, 'POST', `/v1/imports/${id}/resume`)
  expect(await readJson(resume)).toMatchObject({
    status: 409,
    code: 'IMPORT_STATE',
    detail: `the import is ${state}, its file kept no longer; expected one that is cancelled or failed`,
  })
})

test('what a killed purge left is deleted by the next, also when the import is reverted meanwhile', async () => {
  const id = await makeImport()
  await endedDaysAgo(id, RETENTION_DAYS + 1)
  await intake.database.prisma.import.update({ where: { id }, data: { expiredAt: new Date() } })
  await callApi(intake, 'POST', `/v1/imports/${id}/revert`)
  // Not while that is under way.
  expect([await purge(), await countKept(id)]).toMatchObject([{ purgedImports: 0 }, { outcomes: 2 }])
  await workOnRevert(intake, id)
  expect(await purge()).toMatchObject({ purgedImports: 1 })
  expect(await countKept(id)).toEqual({ files: 0, outcomes: 0, redemptions: 0 })
  expect(await readJson(await callApi(intake, 'GET', `/v1/imports/${id}`))).toMatchObject({ status: 'reverted' })
})

test.each<[string, (id: number) => Promise<unknown>, number | undefined]>([
  ['ended in time', (id) => endedDaysAgo(id, RETENTION_DAYS - 1), RETENTION_DAYS],
  ['is kept for ever', (id) => endedDaysAgo(id, 4_000), undefined],
])('an import that %s is left alone', async (_name, age, retentionDays) => {
  const id = await makeImport()
  await age(id)
  const kept = await countKept(id)
  expect(await purge({ retentionDays })).toEqual({ purgedImports: 0, purgedWebhooks: 0 })
  expect(await countKept(id)).toEqual(kept)
  await endedDaysAgo(id, 0)
})

test('one that has not ended is left alone, however old', async () => {
  const id = await uploadNative(intake, line('NOSUCH'))
  await endedDaysAgo(id, 4_000)
  expect(await purge()).toMatchObject({ purgedImports: 0 })
  await work(intake, id)
  expect(await countKept(id)).toMatchObject({ files: 2, outcomes: 1 })
})

test('the janitor takes no file of an import for an orphan, purged or not', async () => {
  const kept = await makeImport()
  const id = await makeImport()
  await endedDaysAgo(id, RETENTION_DAYS + 1)
  expect(await purge()).toMatchObject({ purgedImports: 1 })
  const { database, store } = intake
  const now = Date.now() + 2 * DAY_MS
  const later = { ...store, readClock: async () => now }
  expect(await cleanFiles({ database, store: later, log, now }, 0)).toMatchObject({
    unfinishedFiles: 0,
    orphanedFiles: 0,
  })
  expect(await countKept(kept)).toMatchObject({ files: 2 })
})

test('webhooks go when they ended long ago: deliveries, their attempts, and events that have none left', async () => {
  const { prisma } = intake.database
  const old = new Date(Date.now() - (RETENTION_DAYS + 1) * DAY_MS)
  const make = async (occurredAt: Date, deliveries: object[]): Promise<bigint> => {
    const event = { orgId: ORG, type: 'import.completed', body: '{}', occurredAt }
    const { id } = await prisma.webhookEvent.create({ data: event })
    for (const more of deliveries) {
      const delivery = await prisma.webhookDelivery.create({
        data: { orgId: ORG, eventId: id, callbackUrl: 'https://a.example', receiver: 'callback:a', ...more },
      })
      const attempt = { deliveryId: delivery.id, number: 1, url: 'https://a.example', startedAt: occurredAt }
      await prisma.webhookAttempt.create({ data: attempt })
    }
    return id
  }
  const pending = { status: 'pending', nextAttemptAt: new Date(), finishedAt: null }
  await make(old, [{ status: 'delivered', finishedAt: old }])
  await make(old, [{ status: 'failed', finishedAt: old }])
  await make(old, [])
  const kept = [
    await make(old, [pending]),
    await make(old, [{ status: 'delivered', finishedAt: new Date() }]),
    await make(new Date(), []),
  ]
  expect(await purge()).toMatchObject({ purgedWebhooks: 5 })
  expect((await prisma.webhookEvent.findMany({ orderBy: { id: 'asc' } })).map(({ id }) => id)).toEqual(kept)
  expect([await prisma.webhookDelivery.count(), await prisma.webhookAttempt.count()]).toEqual([2, 2])
})
