import { openAsBlob } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'

import type { ReferenceKind, ReferenceLoadResult } from '@importer/contracts'
import type { z } from 'zod'

import { describeRefusal, describeUnreachable, RequestError } from './request-error.ts'
import { countAnswer, importView, jobsAnswer, referenceAnswer, type ImportView, type JobView } from './views.ts'

export interface ClientOptions {
  /** where the importer answers, such as http://127.0.0.1:8080 */
  readonly url: string
  readonly apiKey: string
  /** ends requests that are under way */
  readonly signal?: AbortSignal
}

/** A file for the compatible API, whose fields these are. */
export interface Upload {
  readonly seriesId: string
  readonly customerIdentifier: string
  readonly couponIdentifier: string
  /** the text of `uploadHeaders`: judged by the server */
  readonly columns: string
  readonly details?: string
  /** a path; the file is streamed */
  readonly file: string
}

const REPORT_FILES = { rejected: 'errors.csv', inserted: 'inserted.csv', duplicates: 'duplicates.csv' } as const
export type ReportOutcome = keyof typeof REPORT_FILES

/** The importer as a program calls it. Everything rejects with a RequestError, whose message is one line for the user. */
export interface ImporterClient {
  /** Resolves when the upload is durable. */
  upload(upload: Upload): Promise<JobView>
  /** The imports of a series, oldest first, or the one of `jobId`. */
  listJobs(seriesId: string, jobId?: string): Promise<JobView[]>
  readImport(importId: string): Promise<ImportView>
  /** Rows of one outcome as CSV. `raw` leaves cells alone that a spreadsheet would run. */
  openReport(importId: string, outcome: ReportOutcome, raw: boolean): Promise<ReadableStream<Uint8Array>>
  /** Upserts a CSV file of reference data. */
  putReference(kind: ReferenceKind, file: string): Promise<ReferenceLoadResult>
  countReference(kind: ReferenceKind): Promise<number>
}

export function createClient({ url, apiKey, signal }: ClientOptions): ImporterClient {
  const base = url.replace(/\/+$/, '')

  async function request(what: string, route: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string> | undefined), Authorization: `Bearer ${apiKey}` }
    let answer: Response
    try {
      answer = await fetch(`${base}${route}`, { ...init, headers, ...(signal === undefined ? {} : { signal }) })
    } catch (error) {
      signal?.throwIfAborted()
      throw describeUnreachable(base, error)
    }
    if (!answer.ok) throw await describeRefusal(what, answer)
    return answer
  }

  async function ask<Schema extends z.ZodType>(
    schema: Schema,
    what: string,
    route: string,
    init?: RequestInit,
  ): Promise<z.output<Schema>> {
    const answer = await request(what, route, init)
    const parsed = schema.safeParse(await readJson(answer))
    if (parsed.success) return parsed.data
    throw new RequestError(`${base} answers as no importer does; expected the address of one`, answer.status)
  }

  return {
    async upload({ seriesId, customerIdentifier, couponIdentifier, columns, details, file }) {
      const form = new FormData()
      form.set('customerIdentifier', customerIdentifier)
      form.set('couponIdentifier', couponIdentifier)
      form.set('uploadHeaders', columns)
      if (details !== undefined) form.set('Details', details)
      form.set('file', await openFile(file), path.basename(file))
      const route = `/coupon/api/v1/upload/redeemFile/${encodeURIComponent(seriesId)}`
      const { result } = await ask(jobsAnswer, 'the upload', route, { method: 'POST', body: form })
      const [job] = result.redeemUploadJobStatuses
      if (job === undefined) throw new RequestError('the upload was answered without a job; expected one', 200)
      return job
    },
    async listJobs(seriesId, jobId) {
      const query = jobId === undefined ? '' : `?jobId=${encodeURIComponent(jobId)}`
      const route = `/coupon/api/v1/upload/getUploadRedeemedCouponStatus/${encodeURIComponent(seriesId)}${query}`
      const { result } = await ask(jobsAnswer, 'the status', route)
      return result.redeemUploadJobStatuses
    },
    async readImport(importId) {
      return ask(importView, 'the import', `/v1/imports/${encodeURIComponent(importId)}`)
    },
    async openReport(importId, outcome, raw) {
      const route = `/v1/imports/${encodeURIComponent(importId)}/${REPORT_FILES[outcome]}${raw ? '?raw=true' : ''}`
      const answer = await request('the report', route)
      if (answer.body === null) throw new RequestError('the report has no body; expected a CSV', answer.status)
      return answer.body
    },
    async putReference(kind, file) {
      const headers = { 'Content-Type': 'text/csv' }
      const body = await openFile(file)
      return ask(referenceAnswer, `the file of ${kind}`, `/v1/reference/${kind}`, { method: 'PUT', headers, body })
    },
    async countReference(kind) {
      return (await ask(countAnswer, `the count of ${kind}`, `/v1/reference/${kind}`)).count
    },
  }
}

async function readJson(answer: Response): Promise<unknown> {
  try {
    return await answer.json()
  } catch {
    // No JSON is no answer of an importer, which the caller says.
    return null
  }
}

/** The file as something that is read while it is sent. */
async function openFile(file: string): Promise<Blob> {
  try {
    const stats = await stat(file)
    if (!stats.isFile()) throw new RequestError(`${file} is no file; expected a CSV file`, null)
    return await openAsBlob(file)
  } catch (error) {
    if (error instanceof RequestError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new RequestError(`${file} cannot be read (${code}); expected a CSV file`, null, { cause: error })
  }
}
