import { COMPATIBLE_STATUS } from '@importer/contracts'
import type { ImportRecord } from '@importer/db'

import type { ApiError } from '../http/api-error.ts'
import type { Answer } from '../http/send-answer.ts'

const CONTENT_TYPE = 'application/json; charset=utf-8'

/** The documented envelope around a result. */
export function renderResult(result: object): Answer {
  return { status: 200, contentType: CONTENT_TYPE, body: JSON.stringify({ success: true, status: 200, result }) }
}

/** Every error of the compatible API, whatever its status. */
export function renderErrors({ status, faults }: ApiError): Answer {
  return { status, contentType: CONTENT_TYPE, body: JSON.stringify({ success: false, status, errors: faults }) }
}

/** One import in the documented words: times are epoch milliseconds in strings, ids and counts are numbers. */
export function describeJob(record: ImportRecord, baseUrl: string): object {
  const url = `${baseUrl}/v1/imports/${record.id}`
  const hasInserted = !record.expired && record.status !== 'reverted' && record.counts.inserted > 0
  return {
    jobId: record.id,
    uploadRedeemedCouponStatus: COMPATIBLE_STATUS[record.status],
    createdOn: String(record.createdAt.getTime()),
    updatedOn: String(record.updatedAt.getTime()),
    errorFileUrl: !record.expired && record.counts.rejected > 0 ? `${url}/errors.csv` : null,
    // What was reverted is in no report any more.
    successFileUrl: hasInserted ? `${url}/inserted.csv` : null,
    uploadedFileUrl: record.expired ? null : `${url}/file`,
    totalUploadedCount: record.counts.rows,
    actualRowCount: record.totalRows ?? 0,
    errorCount: record.counts.rejected,
    uploadTableName: null,
    uploadedFileName: record.fileName,
  }
}
