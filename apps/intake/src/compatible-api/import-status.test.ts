import { createApiKey, revokeApiKey } from '@importer/db'
import { beforeAll, expect, test } from 'vitest'

import { readJson } from '../../test/read-json.ts'
import { OTHER_SERIES, SERIES, startIntake, type TestIntake } from '../../test/start-intake.ts'
import { postGood } from '../../test/upload.ts'

const MISSING_SERIES = { success: false, status: 404, errors: [{ code: 'SERIES_NOT_FOUND', field: 'couponSeriesId' }] }
const MISSING_JOB = { success: false, status: 404, errors: [{ code: 'JOB_NOT_FOUND', field: 'jobId' }] }
const WRONG_JOB = { success: false, status: 400, errors: [{ code: 'INVALID_VALUE', field: 'jobId' }] }

let intake: TestIntake
let jobIds: number[]

beforeAll(async () => {
  intake = await startIntake()
  jobIds = []
  for (let upload = 0; upload < 3; upload += 1) {
    const response = await postGood(intake)
    jobIds.push((await readJson(response)).result.redeemUploadJobStatuses[0].jobId)
  }
})

function getStatus(query = '', series: number | string = SERIES, key = intake.keys.read): Promise<Response> {
  return fetch(`${intake.url}/coupon/api/v1/upload/getUploadRedeemedCouponStatus/${series}${query}`, {
    headers: { 'X-CAP-API-OAUTH-TOKEN': key },
  })
}

test('all imports of the series are listed, oldest first, in the documented envelope', async () => {
  const response = await getStatus()
  const body = await readJson(response)
  expect(response.status).toBe(200)
  expect(body).toEqual({
    success: true,
    status: 200,
    result: { orgId: 9619, couponSeriesId: SERIES, redeemUploadJobStatuses: expect.any(Array) },
  })
  expect(body.result.redeemUploadJobStatuses.map((job: { jobId: number }) => job.jobId)).toEqual(jobIds)
})

test('one import is picked by its jobId', async () => {
  const body = await readJson(await getStatus(`?jobId=${jobIds[1]}`))
  expect(body.result.redeemUploadJobStatuses).toHaveLength(1)
  expect(body.result.redeemUploadJobStatuses[0]).toMatchObject({
    jobId: jobIds[1],
    uploadRedeemedCouponStatus: 'QUEUED',
  })
})

test('counts and links follow the import', async () => {
  const id = jobIds[2] ?? 0
  const { prisma } = intake.database
  await prisma.import.update({ where: { id }, data: { status: 'completed', totalRows: 10, startedAt: new Date() } })
  await prisma.importPartition.create({
    data: { importId: id, partition: 0, fencingToken: 1, inserted: 6, duplicates: 1, rejected: 3, errorCounts: [3] },
  })
  const [job] = (await readJson(await getStatus(`?jobId=${id}`))).result.redeemUploadJobStatuses
  expect(job).toMatchObject({
    uploadRedeemedCouponStatus: 'COMPLETED',
    totalUploadedCount: 10,
    actualRowCount: 10,
    errorCount: 3,
    errorFileUrl: `${intake.url}/v1/imports/${id}/errors.csv`,
    successFileUrl: `${intake.url}/v1/imports/${id}/inserted.csv`,
    uploadedFileUrl: `${intake.url}/v1/imports/${id}/file`,
  })
})

test.each([
  ['reverted', { status: 'reverted' }, ['errorFileUrl', 'uploadedFileUrl']],
  ['kept no longer', { status: 'completed', expiredAt: new Date() }, []],
])('an import that is %s has links to what is left of it only', async (_name, data, left) => {
  const id = (await readJson(await postGood(intake))).result.redeemUploadJobStatuses[0].jobId
  const { prisma } = intake.database
  await prisma.importPartition.create({
    data: { importId: id, partition: 0, fencingToken: 1, inserted: 6, rejected: 3 },
  })
  await prisma.import.update({ where: { id }, data })
  const [job] = (await readJson(await getStatus(`?jobId=${id}`))).result.redeemUploadJobStatuses
  expect(job).toMatchObject({ totalUploadedCount: 9, errorCount: 3 })
  const links = ['errorFileUrl', 'successFileUrl', 'uploadedFileUrl'].filter((name) => job[name] !== null)
  expect(links).toEqual(left)
})

test.each<[string, string, number | string, 'read' | 'other', object]>([
  ['a jobId that is no number', '?jobId=abc', SERIES, 'read', WRONG_JOB],
  ['a negative jobId', '?jobId=-1', SERIES, 'read', WRONG_JOB],
  ['an empty jobId', '?jobId=', SERIES, 'read', WRONG_JOB],
  ['two jobIds', '?jobId=1&jobId=2', SERIES, 'read', WRONG_JOB],
  ['a jobId that nobody has', '?jobId=999999', SERIES, 'read', MISSING_JOB],
  ['a jobId beyond any', '?jobId=99999999999999999999', SERIES, 'read', MISSING_JOB],
  ["another organization's job", '?jobId=1', OTHER_SERIES, 'other', MISSING_JOB],
  ["another organization's series", '', SERIES, 'other', MISSING_SERIES],
  ["another organization's job and series", '?jobId=1', SERIES, 'other', MISSING_SERIES],
  ['a series that is no number', '', 'abc', 'read', MISSING_SERIES],
  ['a series that nobody has', '', 1, 'read', MISSING_SERIES],
])('%s is refused', async (_name, query, series, key, expected) => {
  const response = await getStatus(query, series, intake.keys[key])
  expect(await readJson(response)).toMatchObject(expected)
})

test('a series without imports gives an empty list', async () => {
  const body = await readJson(await getStatus('', OTHER_SERIES, intake.keys.other))
  expect(body.result.redeemUploadJobStatuses).toEqual([])
})

test('a revoked key stops working', async () => {
  const { id, key } = await createApiKey(intake.database, { orgId: 9619, role: 'read' })
  expect((await getStatus('', SERIES, key)).status).toBe(200)
  await revokeApiKey(intake.database, { orgId: 9619, id })
  await expect.poll(async () => (await getStatus('', SERIES, key)).status).toBe(401)
})
