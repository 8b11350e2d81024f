import { createHash } from 'node:crypto'
import { text } from 'node:stream/consumers'

import { createFileStore } from '@importer/file-store'
import { describe, expect, test } from 'vitest'

import { queryOnce } from '../../../../tests/support/query-once.ts'
import { readJson } from '../../test/read-json.ts'
import { ORG, SERIES, startIntake } from '../../test/start-intake.ts'
import { CSV, fieldParts, filePart, GOOD_FIELDS, makeForm, postForm, postGood } from '../../test/upload.ts'

const intake = await startIntake()

describe('a good upload', () => {
  test.each(['/upload', '/coupon/api/v1/upload'])('under %s is answered in the documented form', async (mount) => {
    const before = Date.now()
    const response = await postForm(intake, makeForm([...fieldParts(), filePart()]), { mount })
    const body = await readJson(response)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const job = body.result.redeemUploadJobStatuses[0]
    expect(body).toEqual({
      success: true,
      status: 200,
      result: {
        orgId: ORG,
        couponSeriesId: SERIES,
        redeemUploadJobStatuses: [
          {
            jobId: expect.any(Number),
            uploadRedeemedCouponStatus: 'QUEUED',
            createdOn: expect.stringMatching(/^\d{13}$/),
            updatedOn: expect.stringMatching(/^\d{13}$/),
            errorFileUrl: null,
            successFileUrl: null,
            uploadedFileUrl: `${intake.url}/v1/imports/${job.jobId}/file`,
            totalUploadedCount: 0,
            actualRowCount: 0,
            errorCount: 0,
            uploadTableName: null,
            uploadedFileName: body.result.fileName,
          },
        ],
        fileName: expect.stringMatching(/^couponCode_\d{13}_953234\.csv$/),
      },
    })
    expect(Number(job.createdOn)).toBeGreaterThanOrEqual(before - 5)
    expect(Object.keys(job)).toEqual([
      'jobId',
      'uploadRedeemedCouponStatus',
      'createdOn',
      'updatedOn',
      'errorFileUrl',
      'successFileUrl',
      'uploadedFileUrl',
      'totalUploadedCount',
      'actualRowCount',
      'errorCount',
      'uploadTableName',
      'uploadedFileName',
    ])
  })

  test('is stored to the byte, recorded and queued', async () => {
    const before = await intake.countStored()
    const response = await postForm(
      intake,
      makeForm([...fieldParts({ ...GOOD_FIELDS, Details: 'monthly' }), filePart()]),
    )
    const { jobId } = (await readJson(response)).result.redeemUploadJobStatuses[0]
    const row = await intake.database.prisma.import.findUniqueOrThrow({ where: { id: jobId } })
    expect(row).toMatchObject({
      orgId: ORG,
      seriesId: BigInt(SERIES),
      status: 'queued',
      bytes: BigInt(CSV.length),
      sha256: createHash('sha256').update(CSV).digest('hex'),
      details: 'monthly',
      // Where the links in webhooks begin.
      baseUrl: intake.url,
      mapping: {
        customerIdentifier: 'MOBILE',
        couponIdentifier: 'COUPON_CODE',
        positions: {
          redeemedDateInMillis: 0,
          redeemedAt: 1,
          mobile: 2,
          couponCode: 3,
          billId: 4,
          billNumber: 5,
          details: 6,
        },
      },
    })
    expect(await text(intake.store.read(row.fileKey))).toBe(CSV)
    const after = await intake.countStored()
    expect(after).toEqual({ imports: before.imports + 1, files: before.files + 1, jobs: before.jobs + 1 })
  })

  test.each([
    ['fields after the file', [filePart(), ...fieldParts()]],
    ['fields on both sides', [...fieldParts().slice(0, 1), filePart(), ...fieldParts().slice(1)]],
    ['details in lower case', [...fieldParts({ ...GOOD_FIELDS, details: 'x' }), filePart()]],
    ['fields that nobody knows', [...fieldParts({ ...GOOD_FIELDS, other: 'x' }), filePart()]],
    ['a file of exactly UPLOAD_MAX_BYTES', [...fieldParts(), filePart('x'.repeat(1024 * 1024))]],
    ['an empty file', [...fieldParts(), filePart('')]],
    ['a file that is no CSV', [...fieldParts(), filePart(new Uint8Array([0x89, 0x50, 0x4e, 0x47]), 'a.png')]],
  ])('may have %s', async (_name, parts) => {
    const response = await postForm(intake, makeForm(parts))
    expect(await readJson(response)).toMatchObject({ success: true })
  })

  test.each([
    ['größe–данные.csv', /^größe–данные_\d{13}_953234\.csv$/],
    ['../../../etc/passwd', /^passwd_\d{13}_953234$/],
    [`${'n'.repeat(500)}.csv`, /^n{100}_\d{13}_953234\.csv$/],
  ])('keeps the name %s for display only', async (name, shown) => {
    const response = await postForm(intake, makeForm([...fieldParts(), filePart(CSV, name)]))
    const { result } = await readJson(response)
    expect(result.fileName).toMatch(shown)
    const row = await intake.database.prisma.import.findUniqueOrThrow({
      where: { id: result.redeemUploadJobStatuses[0].jobId },
    })
    expect(row.fileKey).not.toContain(name.slice(-6, -4))
  })

  test('is distinguished from another by its job', async () => {
    const jobs = await Promise.all([postGood(intake), postGood(intake), postGood(intake)])
    const ids = await Promise.all(
      jobs.map(async (job) => (await readJson(job)).result.redeemUploadJobStatuses[0].jobId),
    )
    expect(new Set(ids).size).toBe(3)
  })
})

test.each(['bearer', 'token', 'basic'])('the key is taken as %s', async (way) => {
  const { write } = intake.keys
  const headers = {
    bearer: { Authorization: `Bearer ${write}` },
    token: { 'X-CAP-API-OAUTH-TOKEN': write },
    basic: { Authorization: `Basic ${Buffer.from(`anyone:${write}`).toString('base64')}` },
  }[way]
  const form = makeForm([...fieldParts(), filePart()])
  const response = await postForm(intake, form, { key: null, headers: { ...headers } })
  expect(response.status).toBe(200)
})

describe('an upload that fails on our side', () => {
  test('when the import cannot be recorded is 500 and leaves nothing', async () => {
    const before = await intake.countStored()
    await queryOnce(intake.ownerUrl, 'ALTER TABLE import RENAME COLUMN sha256 TO sha256_away')
    const response = await postGood(intake)
    await queryOnce(intake.ownerUrl, 'ALTER TABLE import RENAME COLUMN sha256_away TO sha256')
    expect([response.status, (await readJson(response)).errors[0].code]).toEqual([500, 'INTERNAL_ERROR'])
    expect(await intake.countStored()).toEqual(before)
  })

  test('when the file cannot be stored is 503 and leaves nothing', async () => {
    const dataDir = '/dev/null/nowhere'
    const store = await createFileStore({ storageUrl: undefined, dataDir, s3Endpoint: undefined })
    const broken = await startIntake({ store })
    const response = await postGood(broken)
    const body = await response.text()
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(body).toContain('"code":"STORAGE_UNAVAILABLE"')
    expect(body).not.toContain('nowhere')
    expect(await broken.countStored()).toEqual({ imports: 0, files: 0, jobs: 0 })
  })

  test('when the queue refuses is 200 all the same, as the reconciler will add the job', async () => {
    const queueless = await startIntake({ enqueueImport: () => Promise.reject(new Error('the queue is down')) })
    const response = await postGood(queueless)
    expect(response.status).toBe(200)
    expect(await queueless.countStored()).toEqual({ imports: 1, files: 1, jobs: 0 })
    expect(queueless.logged.some((line) => line.includes('could not be enqueued'))).toBe(true)
  })
})
