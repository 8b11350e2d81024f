import { claimImport, yieldImport } from '@importer/db'
import { expect, test, vi } from 'vitest'

import { callApi, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { startIntake } from '../../test/start-intake.ts'
import { line, seedReference, work } from '../../test/work.ts'

const ROWS = 40
const TIME_SLICE = { shouldYield: () => true }

let nextCoupon = 1

const intake = await startIntake()
await seedReference(intake)

const uploadGood = async (): Promise<number> =>
  uploadNative(intake, Array.from({ length: ROWS }, () => line(`CODE${nextCoupon++}`)).join(''))

async function show(id: number): Promise<ReturnType<typeof JSON.parse>> {
  return readJson(await callApi(intake, 'GET', `/v1/imports/${id}`))
}

async function act(id: number, action: 'cancel' | 'resume'): Promise<void> {
  await callApi(intake, 'POST', `/v1/imports/${id}/${action}`)
}

/** As a worker does that dies before its first batch. */
async function claimAndDie(importId: number): Promise<void> {
  await claimImport(intake.database, { importId, jobId: `dead-${importId}`, partitionCount: 2, partitionBy: 'coupon' })
}

/** A time slice that comes to nothing. */
async function claimAndYield(importId: number): Promise<void> {
  const claimed = await claimImport(intake.database, {
    importId,
    jobId: `slice-${importId}`,
    partitionCount: 2,
    partitionBy: 'coupon',
  })
  await yieldImport(intake.database, { importId, fencingToken: claimed?.record.fencingToken ?? 0 })
}

async function readWorkedMs(id: number): Promise<number> {
  return Number((await intake.database.prisma.import.findUniqueOrThrow({ where: { id } })).workedMs)
}

/** What the import tells once it has been looked up anew: what a worker changes is seen a moment later. */
async function expectAttempts(id: number, attempts: number): Promise<void> {
  await vi.waitFor(async () => expect((await show(id)).attempts).toBe(attempts), { timeout: 10_000, interval: 10 })
}

test('attempts are the first start and each take-over after a failure, not the time slices', async () => {
  const id = await uploadGood()
  await expectAttempts(id, 0)
  for (let slice = 0; slice < 3; slice += 1) await claimAndYield(id)
  await expectAttempts(id, 1)
  await claimAndDie(id)
  await claimAndYield(id)
  await expectAttempts(id, 2)
  await act(id, 'cancel')
  await act(id, 'resume')
  await work(intake, id)
  await vi.waitFor(async () => expect(await show(id)).toMatchObject({ status: 'completed', attempts: 2 }), {
    timeout: 10_000,
  })
})

test('an import that failed and is resumed is another attempt', async () => {
  const id = await uploadNative(intake, line('NOSUCH') + line('NEITHER'), { fields: { maxErrors: '0' } })
  await work(intake, id)
  expect(await show(id)).toMatchObject({ status: 'failed', attempts: 1 })
  await act(id, 'resume')
  await work(intake, id)
  expect(await show(id)).toMatchObject({ status: 'completed', attempts: 2 })
})

test('rate and time left are those of the time slices, whatever lies between them', async () => {
  const id = await uploadGood()
  await work(intake, id, TIME_SLICE)
  const { prisma } = intake.database
  // An hour ago, in which it was worked on for two seconds.
  const anHourAgo = new Date(Date.now() - 3_600_000)
  await prisma.import.update({ where: { id }, data: { startedAt: anHourAgo, createdAt: anHourAgo, workedMs: 2_000 } })
  const { progress, counts } = await show(id)
  expect(progress.rowsPerSecond).toBe(Math.round(counts.rows / 2))
  await act(id, 'cancel')
  expect((await show(id)).progress.rowsPerSecond).toBe(progress.rowsPerSecond)
  await act(id, 'resume')
  expect((await show(id)).progress.rowsPerSecond).toBe(progress.rowsPerSecond)

  const begunAt = performance.now()
  await work(intake, id)
  const sliceMs = Math.ceil(performance.now() - begunAt)
  const workedMs = await readWorkedMs(id)
  expect(workedMs).toBeGreaterThanOrEqual(2_000)
  expect(workedMs - 2_000).toBeLessThanOrEqual(sliceMs)
  const done = await show(id)
  expect(done.progress.rowsPerSecond).toBe(Math.round(ROWS / (workedMs / 1000)))
})

test('of a worker that died, what counts is the time up to its last progress', async () => {
  const id = await uploadGood()
  await claimAndDie(id)
  const { prisma } = intake.database
  const sliceStartedAt = new Date(Date.now() - 600_000)
  const updatedAt = new Date(Date.now() - 600_000 + 60_000)
  await prisma.import.update({ where: { id }, data: { sliceStartedAt, updatedAt: sliceStartedAt } })
  await prisma.importPartition.updateMany({ where: { importId: id }, data: { updatedAt } })
  await claimAndDie(id)
  expect(await readWorkedMs(id)).toBe(updatedAt.getTime() - sliceStartedAt.getTime())
})

test('lines beyond 2^31 are kept, resumed from and reported as they are', async () => {
  const header = 'date,till,phone,code\n'
  const id = await uploadNative(intake, `${header}${line('NOSUCH')}`)
  await claimAndDie(id)
  const line32 = 5_000_000_001
  await intake.database.prisma.importPartition.updateMany({
    where: { importId: id },
    data: { nextLine: line32, nextByte: header.length },
  })
  await intake.database.prisma.import.update({ where: { id }, data: { hasHeader: true, delimiter: ',' } })
  await work(intake, id)
  expect(await show(id)).toMatchObject({ status: 'completed', counts: { rows: 1, rejected: 1 } })
  const errors = await readJson(await callApi(intake, 'GET', `/v1/imports/${id}/errors`))
  expect(errors.items[0]).toMatchObject({ rowNumber: 1, line: line32 })
})
