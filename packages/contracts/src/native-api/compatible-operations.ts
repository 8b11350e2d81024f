import { z } from 'zod'

import { FAULT_CODES } from '../fault-codes.ts'
import { COMPATIBLE_STATUS, type ImportStatus } from '../import-state.ts'
import * as examples from './examples.ts'
import { answer, type Operation } from './operation.ts'
import { compatibleUploadForm } from './upload-form.ts'

const count = z.int().min(0)
const millis = z.string().regex(/^\d+$/).meta({ description: 'Epoch milliseconds' })
const statuses = Object.values(COMPATIBLE_STATUS) as [
  (typeof COMPATIBLE_STATUS)[ImportStatus],
  ...(typeof COMPATIBLE_STATUS)[ImportStatus][],
]

const jobView = z
  .strictObject({
    jobId: count.meta({ description: 'The id of the import in the native API' }),
    uploadRedeemedCouponStatus: z.enum(statuses),
    createdOn: millis,
    updatedOn: millis,
    errorFileUrl: z.url().nullable().meta({ description: 'null until there is something to download' }),
    successFileUrl: z.url().nullable().meta({ description: 'null until there is something to download' }),
    uploadedFileUrl: z.url().nullable().meta({ description: 'null once the file is kept no longer' }),
    totalUploadedCount: count.meta({ description: 'Data rows processed so far, rejected rows included' }),
    actualRowCount: count.meta({ description: 'Data rows of the file; 0 until known' }),
    errorCount: count.meta({ description: 'Rejected rows' }),
    uploadTableName: z.null(),
    uploadedFileName: z.string(),
  })
  .meta({ id: 'UploadJob' })

const result = { orgId: count, couponSeriesId: count, redeemUploadJobStatuses: z.array(jobView) }
const success = { success: z.literal(true), status: z.literal(200) }

const uploadAnswer = z
  .strictObject({ ...success, result: z.strictObject({ ...result, fileName: z.string() }) })
  .meta({ id: 'CompatibleUploadAnswer' })
const statusAnswer = z
  .strictObject({ ...success, result: z.strictObject(result) })
  .meta({ id: 'CompatibleStatusAnswer' })
export const compatibleErrorView = z
  .strictObject({
    success: z.literal(false),
    status: z.int(),
    errors: z.array(
      z.strictObject({
        code: z.enum(FAULT_CODES),
        field: z.string().meta({ description: 'The multipart field, or the part of the request, that is at fault' }),
        message: z.string(),
      }),
    ),
  })
  .meta({ id: 'CompatibleErrors', description: 'Every fault of the request at once' })

const MOUNT = '/coupon/api/v1/upload'
const ALSO = 'The same is mounted at `/upload`.'
const NO_SERIES = 'There is no such coupon series in this organization'

/** The API of the documented system, which clients that were written for it use. */
export const COMPATIBLE_OPERATIONS = {
  redeemFile: {
    method: 'post',
    path: `${MOUNT}/redeemFile/{couponSeriesId}`,
    tag: 'compatible',
    summary: 'Upload redeemed coupons',
    description: `Unknown fields are ignored. ${ALSO}`,
    role: 'write',
    query: z.object({}),
    headers: {
      'Idempotency-Key':
        '1 to 255 printable ASCII characters. Within 24 hours the same key and payload get the first answer again',
    },
    body: { contentType: 'multipart/form-data', schema: compatibleUploadForm },
    example: {
      form: {
        customerIdentifier: 'MOBILE',
        couponIdentifier: 'COUPON_CODE',
        uploadHeaders: '{"redeemedDateInMillis": 0, "redeemedAt": 1, "mobile": 2, "couponCode": 3}',
        file: '@docs/examples/redemptions.csv',
      },
    },
    success: [
      {
        status: 200,
        description: 'The file is stored and will be imported',
        schema: uploadAnswer,
        example: examples.compatibleUpload,
        headers: { 'Idempotency-Replayed': 'true: this is the first answer again' },
      },
    ],
    errors: {
      404: NO_SERIES,
      408: 'The body stood still',
      409: 'The Idempotency-Key is in use by a request in flight, or the series was given this file before',
      413: 'The upload, or what it unpacks to, is too large',
      415: 'The form is compressed',
      422: 'The Idempotency-Key came with another payload before',
    },
  },
  getUploadRedeemedCouponStatus: {
    method: 'get',
    path: `${MOUNT}/getUploadRedeemedCouponStatus/{couponSeriesId}`,
    tag: 'compatible',
    summary: 'List the uploads of a series',
    description: `The latest 1,000, oldest first, or the one of \`jobId\`. ${ALSO}`,
    role: 'read',
    query: z.object({
      jobId: z
        .string()
        .regex(/^\d+$/)
        .transform(Number)
        .pipe(z.int().min(0))
        .optional()
        .meta({ description: 'Only this upload' }),
    }),
    success: [answer(200, 'The uploads', statusAnswer, examples.compatibleStatus)],
    errors: { 404: `${NO_SERIES}, or no such job in this series` },
  },
} as const satisfies Record<string, Operation>
