import createClient from 'openapi-fetch'

// Made of the served document by the test that runs this, and of nothing else.
import type { paths } from './schema.ts'

export interface Target {
  readonly url: string
  readonly apiKey: string
  readonly seriesId: number
  /** Two of them: a page of one has a page behind it. */
  readonly files: readonly [Blob, Blob]
}

/** What somebody does who has nothing but the document: no cast, no assertion, every answer by its type. */
export async function useApi({ url, apiKey, seriesId, files }: Target) {
  const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${apiKey}` } })

  const form = (body: object): FormData => {
    const data = new FormData()
    for (const [name, value] of Object.entries(body)) {
      if (value instanceof Blob) data.set(name, value, 'redemptions.csv')
      else data.set(name, String(value))
    }
    return data
  }

  const imports: number[] = []
  for (const file of files) {
    const made = await client.POST('/v1/series/{seriesId}/imports', {
      params: { path: { seriesId }, header: { 'Idempotency-Key': `key-${imports.length}` } },
      // Nothing that has a default: all of that may be left out.
      body: {
        customerIdentifier: 'MOBILE',
        couponIdentifier: 'COUPON_CODE',
        uploadHeaders: '{"redeemedDateInMillis": 0, "redeemedAt": 1, "mobile": 2, "couponCode": 3}',
        file,
      },
      bodySerializer: form,
    })
    if (made.error !== undefined) throw new Error(`${made.error.code}: ${made.error.detail}`)
    imports.push(made.data.id)
  }

  const first = await client.GET('/v1/imports', { params: { query: { seriesId, limit: 1 } } })
  const cursor = first.data?.nextCursor ?? undefined
  const second = await client.GET('/v1/imports', {
    params: { query: { seriesId, limit: 1, ...(cursor === undefined ? {} : { cursor }) } },
  })
  const listed = [first, second].flatMap(({ data }) => data?.items ?? []).map(({ id }) => id)

  const endpoints = await client.GET('/v1/webhook-endpoints', { params: { query: { limit: 1, cursor: '0' } } })
  const missing = await client.GET('/v1/imports/{importId}', { params: { path: { importId: 2_147_483_647 } } })

  const uploaded = await client.POST('/coupon/api/v1/upload/redeemFile/{couponSeriesId}', {
    params: { path: { couponSeriesId: seriesId } },
    body: {
      customerIdentifier: 'MOBILE',
      couponIdentifier: 'COUPON_CODE',
      uploadHeaders: "{'redeemedDateInMillis': 0, 'redeemedAt': 1, 'mobile': 2, 'couponCode': 3}",
      file: files[0],
    },
    bodySerializer: form,
  })
  const job = uploaded.data?.result.redeemUploadJobStatuses[0]
  const refused = await client.GET('/coupon/api/v1/upload/getUploadRedeemedCouponStatus/{couponSeriesId}', {
    params: { path: { couponSeriesId: 0 }, query: job === undefined ? {} : { jobId: job.jobId } },
  })
  const health = await client.GET('/healthz')

  return {
    imports,
    listed,
    endpoints: endpoints.data?.items.map(({ status }) => status),
    missing: missing.error?.code,
    jobStatus: job?.uploadRedeemedCouponStatus,
    refused: refused.error?.errors.map(({ code }) => code),
    health: health.data?.status,
  }
}
