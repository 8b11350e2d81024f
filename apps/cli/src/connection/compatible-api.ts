import { describeRefusal, describeUnreachable, readJson, RequestError } from '@importer/client'
import { openFile } from '@importer/client/terminal'
import path from 'node:path'
import { z } from 'zod'

import type { Server } from './servers-file.ts'

interface Connection extends Server {
  readonly signal: AbortSignal
}

const id = z.int().nonnegative()
const count = z.int().nonnegative()

/** One import of the compatible API, as far as `upload` and `status` show it. */
const jobView = z.object({
  jobId: id,
  uploadRedeemedCouponStatus: z.string(),
  createdOn: z.string(),
  totalUploadedCount: count,
  errorCount: count,
  uploadedFileName: z.string(),
})
export type JobView = z.output<typeof jobView>

const envelope = z.object({ result: z.object({ redeemUploadJobStatuses: z.array(jobView) }) })

/** A file for the compatible API, whose fields these are. */
export interface CompatibleUpload {
  readonly seriesId: string
  readonly customerIdentifier: string
  readonly couponIdentifier: string
  /** the text of `uploadHeaders`, which the server checks */
  readonly columns: string
  readonly details?: string
  /** a path; the file is streamed */
  readonly file: string
}

const MOUNT = '/coupon/api/v1/upload'

/** Uploads as a client of the documented system would. Resolves when the upload is durable. */
export async function uploadCompatibly(
  connection: Connection,
  { seriesId, customerIdentifier, couponIdentifier, columns, details, file }: CompatibleUpload,
): Promise<JobView> {
  const form = new FormData()
  form.set('customerIdentifier', customerIdentifier)
  form.set('couponIdentifier', couponIdentifier)
  form.set('uploadHeaders', columns)
  if (details !== undefined) form.set('Details', details)
  form.set('file', await openFile(file), path.basename(file))
  const [job] = await request(connection, 'the upload', `/redeemFile/${seriesId}`, { method: 'POST', body: form })
  if (job === undefined) throw new RequestError('the upload was answered without a job; expected one', 200)
  return job
}

/** The imports of a series, oldest first, or the one of `jobId`. */
export async function listJobs(connection: Connection, seriesId: string, jobId?: string): Promise<JobView[]> {
  const query = jobId === undefined ? '' : `?jobId=${jobId}`
  return request(connection, 'the status', `/getUploadRedeemedCouponStatus/${seriesId}${query}`)
}

async function request(
  { url, apiKey, signal }: Connection,
  what: string,
  route: string,
  init: RequestInit = {},
): Promise<JobView[]> {
  let answer: Response
  try {
    answer = await fetch(`${url}${MOUNT}${route}`, { ...init, headers: { Authorization: `Bearer ${apiKey}` }, signal })
  } catch (error) {
    signal.throwIfAborted()
    throw describeUnreachable(url, error)
  }
  if (!answer.ok) throw await describeRefusal(what, answer)
  return readJson(envelope, await answer.text(), answer.status, url).result.redeemUploadJobStatuses
}
