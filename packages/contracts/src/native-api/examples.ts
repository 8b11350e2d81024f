import { mapOptionalColumns } from '../columns.ts'

/** What answers look like in the document. A test holds each to the schema that it stands beside. */

const BASE = 'https://coupons.example.com'
const JOB_URL = `${BASE}/v1/imports/9137`

export const runningImport = {
  id: 9137,
  seriesId: 953234,
  status: 'processing',
  outcome: null,
  fileName: 'redemptions_1603263533789_953234.csv',
  bytes: 5242880,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  headerRow: true,
  delimiter: ',',
  progress: { percent: 42.1, bytesRead: 2207252, rowsRead: 42100, rowsPerSecond: 30000, etaSeconds: 2 },
  counts: { rows: 42100, inserted: 41600, duplicates: 80, rejected: 420 },
  errorsByCode: { COUPON_NOT_FOUND: 300, INVALID_DATE: 120 },
  details: null,
  metadata: { source: 'pos' },
  dryRun: false,
  profile: { name: 'tills of the north', version: 3 },
  corrections: null,
  attempts: 1,
  retryOf: null,
  retriedAs: null,
  createdAt: '2026-11-24T09:00:00.000Z',
  startedAt: '2026-11-24T09:00:00.050Z',
  finishedAt: null,
  updatedAt: '2026-11-24T09:00:01.400Z',
  failure: null,
  delay: null,
  links: {
    self: JOB_URL,
    errors: `${JOB_URL}/errors.csv`,
    inserted: `${JOB_URL}/inserted.csv`,
    duplicates: `${JOB_URL}/duplicates.csv`,
    unprocessed: `${JOB_URL}/unprocessed.csv`,
    file: `${JOB_URL}/file`,
    events: `${JOB_URL}/events`,
  },
}

export const profile = {
  name: 'tills of the north',
  version: 3,
  savedAt: '2026-11-24T08:00:00.000Z',
  savedBy: { type: 'key', name: 'nightly' },
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  uploadHeaders: { redeemedDateInMillis: ['Redeemed on', 'Date'], redeemedAt: 'Till', mobile: 'Mobile', couponCode: 3 },
  delimiter: ';',
  dateFormat: 'dd/MM/yyyy HH:mm',
  timeZone: 'Europe/Berlin',
  defaultCountry: 'DE',
  seriesId: 953234,
}

export const profileList = { items: [profile], nextCursor: null }

export const importList = { items: [runningImport], nextCursor: '9137' }

export const rowErrorList = {
  items: [
    {
      rowNumber: 17,
      line: 18,
      column: 'couponCode',
      value: 'SPRNG-1',
      code: 'COUPON_NOT_FOUND',
      number: 719,
      message: 'couponCode SPRNG-1 is no coupon of this organization',
    },
  ],
  nextCursor: null,
}

export const redemptionList = {
  items: [
    {
      couponId: 50015001,
      couponCode: 'SPRING-1',
      seriesId: 953234,
      customerId: 98,
      tillId: 17,
      redeemedAt: '2026-11-20T10:15:00.000Z',
      ordinal: 1,
      importId: 9137,
      fileName: 'redemptions_1603263533789_953234.csv',
      rowNumber: 16,
      ...mapOptionalColumns(() => null),
      billNumber: 'B-1001',
    },
  ],
  nextCursor: null,
}

export const referenceCount = { count: 500 }
export const referenceItem = { id: 17, name: 'Main street 1' }
export const referenceLoad = {
  received: 3,
  inserted: 1,
  updated: 1,
  rejected: 1,
  errors: [{ row: 3, line: 4, field: 'id', code: 'INVALID_NUMBER', message: 'id is "x"; expected a whole number' }],
}

const apiKey = { id: 1, name: 'poller', role: 'read', createdAt: '2026-11-24T09:00:00.000Z', revokedAt: null }
export const apiKeyList = { items: [apiKey] }
export const newApiKey = { ...apiKey, key: 'rk_Zm9vYmFyYmF6cXV4' }

export const session = { orgId: 9619, role: 'admin', keyName: 'night shift', expiresAt: '2026-11-24T09:30:00.000Z' }

export const endpoint = {
  id: 1,
  url: 'https://example.com/hooks/redemptions',
  description: null,
  eventTypes: ['import.completed', 'import.failed'],
  status: 'active',
  disabledReason: null,
  failingSince: null,
  createdAt: '2026-11-24T09:00:00.000Z',
}
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
export const newEndpoint = { ...endpoint, secret: SECRET }
export const endpointList = { items: [endpoint], nextCursor: null }
export const webhookSecret = { secret: SECRET }
export const rotatedSecret = { secret: SECRET, previousExpiresAt: '2026-11-25T09:00:00.000Z' }

export const delivery = {
  id: 12,
  webhookId: 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W',
  eventType: 'import.completed',
  importId: 9137,
  endpointId: 1,
  url: 'https://example.com/hooks/redemptions',
  status: 'delivered',
  failureCode: null,
  createdAt: '2026-11-24T09:00:04.000Z',
  nextAttemptAt: null,
  finishedAt: '2026-11-24T09:00:04.120Z',
  attempts: [
    {
      number: 1,
      url: 'https://example.com/hooks/redemptions',
      startedAt: '2026-11-24T09:00:04.010Z',
      durationMs: 110,
      status: 204,
      error: null,
      answer: '',
    },
  ],
}
export const deliveryList = { items: [delivery], nextCursor: null }
export const redelivered = { redelivered: 3, more: false, nextCursor: null }

export const problem = {
  type: 'about:blank',
  title: 'Bad Request',
  status: 400,
  code: 'INVALID_VALUE',
  detail: 'customerIdentifier is "PHONE"; expected MOBILE, EXTERNAL_ID, EMAIL, USER_ID',
}

const job = {
  jobId: 9137,
  uploadRedeemedCouponStatus: 'QUEUED',
  createdOn: '1603263535389',
  updatedOn: '1603263535389',
  errorFileUrl: null,
  successFileUrl: null,
  uploadedFileUrl: `${JOB_URL}/file`,
  totalUploadedCount: 0,
  actualRowCount: 0,
  errorCount: 0,
  uploadTableName: null,
  uploadedFileName: 'couponCode_1603263533789_953234.csv',
}
const jobs = { orgId: 9619, couponSeriesId: 953234, redeemUploadJobStatuses: [job] }
export const compatibleUpload = { success: true, status: 200, result: { ...jobs, fileName: job.uploadedFileName } }
export const compatibleStatus = { success: true, status: 200, result: jobs }
export const compatibleErrors = {
  success: false,
  status: 400,
  errors: [
    {
      code: 'MISSING_KEY',
      field: 'uploadHeaders',
      message: 'uploadHeaders lacks the key "mobile"; expected its column position, from 0',
    },
  ],
}

export const health = { status: 'ok' }
const OK = { ok: true, reason: null }
export const ready = { status: 'ok', checks: { database: OK, queue: OK, storage: OK } }
export const notReady = {
  status: 'unavailable',
  checks: { database: OK, queue: OK, storage: { ok: false, reason: 'no answer within 2000 ms' } },
}
