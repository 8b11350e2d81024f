import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

import type { ImportView } from '@importer/client'

import { TEST_KEY } from './running-system.ts'
import { SHOP_FIELDS, SHOP_HEADER, SHOP_SERIES } from './small-shop.ts'

/** An upload by the native API that the intake has begun to take. */
export interface SlowUpload {
  /** Sends what is missing, and gives the answer. Rejects where that does not come in time. */
  finish(timeoutMs?: number): Promise<{ status: number | undefined; retryAfter: string | null; body: string }>
  /** As its client does where it got no answer: sends all of it again under its key, by way of `url`. */
  repeat(url: string): Promise<ImportView>
}

/** Sends half of an upload of these rows to one intake, which has taken the request when this resolves. */
export async function beginSlowUpload(url: string, rows: string, idempotencyKey: string): Promise<SlowUpload> {
  const path = `/v1/series/${SHOP_SERIES}/imports`
  const headers = { Authorization: `Bearer ${TEST_KEY}`, 'Idempotency-Key': idempotencyKey }
  const form = makeForm(rows)
  const whole = new Response(form)
  const body = Buffer.from(await whole.arrayBuffer())
  const sent = request(new URL(path, url), {
    method: 'POST',
    headers: {
      ...headers,
      'Content-Type': whole.headers.get('content-type') ?? '',
      'Content-Length': body.length,
      // The intake's word that the request has reached it.
      Expect: '100-continue',
    },
  })
  const taken = once(sent, 'continue')
  sent.flushHeaders()
  await taken
  const half = Math.floor(body.length / 2)
  sent.write(body.subarray(0, half))
  return {
    async finish(timeoutMs) {
      const signal = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
      const answered = once(sent, 'response', { signal })
      sent.end(body.subarray(half))
      const [response] = (await answered) as [IncomingMessage]
      return {
        status: response.statusCode,
        retryAfter: response.headers['retry-after'] ?? null,
        body: await text(response),
      }
    },
    async repeat(otherUrl) {
      const response = await fetch(new URL(path, otherUrl), { method: 'POST', headers, body: makeForm(rows) })
      if (!response.ok) throw new Error(`the repeated upload: ${response.status} ${await response.text()}`)
      return (await response.json()) as ImportView
    },
  }
}

function makeForm(rows: string): FormData {
  const form = new FormData()
  for (const name of ['customerIdentifier', 'couponIdentifier', 'uploadHeaders'] as const) {
    form.append(name, SHOP_FIELDS[name])
  }
  form.append('file', new Blob([SHOP_HEADER + rows]), 'slow.csv')
  return form
}
