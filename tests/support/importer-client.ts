import type { ImportView } from '@importer/client'
import type { CouponIdentifier, CustomerIdentifier, ReferenceKind, ReferenceLoadResult } from '@importer/contracts'

import { waitUntil } from './wait-until.ts'

/** One entry of `redeemUploadJobStatuses`, as far as tests look at it. */
export interface JobStatus {
  readonly jobId: number
  readonly uploadRedeemedCouponStatus: string
  readonly createdOn: string
  readonly errorFileUrl: string | null
  readonly successFileUrl: string | null
  readonly uploadedFileUrl: string
  readonly totalUploadedCount: number
  readonly actualRowCount: number
  readonly errorCount: number
}

export interface Upload {
  readonly seriesId: number
  readonly customerIdentifier: CustomerIdentifier
  readonly couponIdentifier: CouponIdentifier
  readonly uploadHeaders: string
  /** Further fields. */
  readonly rules?: Readonly<Record<string, string>>
  readonly file: Uint8Array | string
  readonly fileName?: string
}

export type ReportFile = 'errors.csv' | 'inserted.csv' | 'duplicates.csv'

/** A client of the importer such as a user would write: it polls, and tries again while the server is away. */
export class ImporterClient {
  readonly #baseUrl: string
  readonly #headers: Record<string, string>

  constructor(baseUrl: string, apiKey: string) {
    this.#baseUrl = baseUrl
    this.#headers = { Authorization: `Bearer ${apiKey}` }
  }

  async putReference(kind: ReferenceKind, csv: string): Promise<ReferenceLoadResult> {
    const response = await fetch(`${this.#baseUrl}/v1/reference/${kind}`, {
      method: 'PUT',
      headers: { ...this.#headers, 'Content-Type': 'text/csv' },
      body: csv,
    })
    return (await readJson(response)) as ReferenceLoadResult
  }

  /** Uploads by the compatible API. */
  async upload({ seriesId, file, fileName = 'coupons.csv', rules = {}, ...fields }: Upload): Promise<JobStatus> {
    const form = new FormData()
    for (const name of ['customerIdentifier', 'couponIdentifier', 'uploadHeaders'] as const) {
      form.append(name, fields[name])
    }
    for (const [name, value] of Object.entries(rules)) form.append(name, value)
    form.append('file', new Blob([typeof file === 'string' ? file : Buffer.from(file)]), fileName)
    const response = await fetch(`${this.#baseUrl}/coupon/api/v1/upload/redeemFile/${seriesId}`, {
      method: 'POST',
      headers: this.#headers,
      body: form,
    })
    return readFirstJob(await readJson(response))
  }

  async readJob(seriesId: number, jobId: number): Promise<JobStatus> {
    const path = `/coupon/api/v1/upload/getUploadRedeemedCouponStatus/${seriesId}?jobId=${jobId}`
    return readFirstJob(await readJson(await this.get(path)))
  }

  async readImport(importId: number): Promise<ImportView> {
    return (await readJson(await this.get(`/v1/imports/${importId}`))) as ImportView
  }

  /** Polls until the import has come to an end, good or bad. A server that is away meanwhile is asked again. */
  async waitUntilFinished(importId: number, timeoutMs = 60_000): Promise<ImportView> {
    let last: unknown
    try {
      return await waitUntil(
        `import ${importId} was finished`,
        async () => {
          const view = await this.readImport(importId).catch((error: unknown) => {
            last = error
            return null
          })
          if (view !== null) last = view
          return view === null || view.status === 'queued' || view.status === 'processing' ? null : view
        },
        timeoutMs,
      )
    } catch (error) {
      throw new Error(`import ${importId} did not finish; last seen: ${JSON.stringify(last) ?? String(last)}`, {
        cause: error,
      })
    }
  }

  async download(importId: number, name: ReportFile): Promise<Buffer> {
    const response = await this.get(`/v1/imports/${importId}/${name}`)
    if (response.status !== 200) throw new Error(`${name}: ${response.status} ${await response.text()}`)
    return Buffer.from(await response.arrayBuffer())
  }

  /** `pathOrUrl` as in the links that the API gives. */
  async get(pathOrUrl: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(new URL(pathOrUrl, this.#baseUrl), { headers: { ...this.#headers, ...headers } })
  }

  async send(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: FormData | string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const type = typeof body === 'string' && { 'Content-Type': 'application/json' }
    return fetch(new URL(path, this.#baseUrl), {
      method,
      headers: { ...this.#headers, ...type, ...more },
      ...(body !== undefined && { body }),
    })
  }
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.url} answered ${response.status}: ${text}`)
  return JSON.parse(text) as unknown
}

export function readFirstJob(envelope: unknown): JobStatus {
  const { result } = envelope as { result: { redeemUploadJobStatuses: JobStatus[] } }
  const [job] = result.redeemUploadJobStatuses
  if (job === undefined) throw new Error(`an answer without a job: ${JSON.stringify(envelope)}`)
  return job
}
