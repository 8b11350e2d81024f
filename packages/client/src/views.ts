import { IMPORT_STATUSES } from '@importer/contracts'
import { z } from 'zod'

const id = z.int().nonnegative()
const count = z.int().nonnegative()

/** One import as the compatible API tells it. */
const jobView = z.object({
  jobId: id,
  uploadRedeemedCouponStatus: z.string(),
  createdOn: z.string(),
  errorFileUrl: z.string().nullable(),
  totalUploadedCount: count,
  actualRowCount: count,
  errorCount: count,
  uploadedFileName: z.string(),
})
export type JobView = z.output<typeof jobView>

/** The compatible API's envelope around imports. */
export const jobsAnswer = z.object({
  result: z.object({ redeemUploadJobStatuses: z.array(jobView) }),
})

/** One import as the native API tells it, as far as a client here looks at it. */
export const importView = z.object({
  id,
  seriesId: id,
  status: z.enum(IMPORT_STATUSES),
  outcome: z.enum(['success', 'partial', 'failure']).nullable(),
  fileName: z.string(),
  bytes: count,
  progress: z.object({
    percent: z.number().min(0).max(100),
    rowsRead: count,
    rowsPerSecond: count,
    etaSeconds: z.number().nullable(),
  }),
  counts: z.object({ rows: count, inserted: count, duplicates: count, rejected: count }),
  errorsByCode: z.record(z.string(), count),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
})
export type ImportView = z.output<typeof importView>

const fault = z.object({
  row: count,
  line: count,
  field: z.string().nullable(),
  code: z.string(),
  message: z.string(),
})

export const referenceAnswer = z.object({
  received: count,
  inserted: count,
  updated: count,
  rejected: count,
  errors: z.array(fault),
})

export const countAnswer = z.object({ count })

/** How the two APIs tell that a request failed; whatever else is there is not needed. */
export const compatibleErrors = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) })
export const problem = z.object({
  detail: z.string(),
  errors: z.array(z.object({ message: z.string() })).optional(),
})
