import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

import type { ImportView } from '@importer/client'
import type { ReferenceKind, ReferenceLoadResult } from '@importer/contracts'

import { readFirstJob } from '../support/importer-client.ts'
import { TEST_KEY } from '../support/running-system.ts'
import { waitUntil } from '../support/wait-until.ts'
import { makeForm, pathOf, type MadeUpload } from './made-upload.ts'

const AGAIN_AFTER_MS = 200
const AS_JSON = { 'Content-Type': 'application/json' }
const GIVE_UP_AFTER_MS = 120_000
/** The load balancer's own answer while no intake is there, and the documented ones for what is to be repeated. */
const TO_BE_REPEATED = new Set([409, 502, 503])

/** A client as an operator writes one: it repeats what was not answered, or answered so, until it is taken. */
export class PersistentClient {
  readonly #url: string
  readonly #headers = { Authorization: `Bearer ${TEST_KEY}` }

  constructor(url: string) {
    this.#url = url
  }

  /** Uploads under that key, and gives the id of the import. */
  async upload(upload: MadeUpload, idempotencyKey: string): Promise<number> {
    const response = await this.#repeat(`upload ${idempotencyKey}`, async () =>
      this.tryUpload(this.#url, upload, idempotencyKey),
    )
    const answer = await response.json()
    return upload.drawn.api === 'native' ? (answer as ImportView).id : readFirstJob(answer).jobId
  }

  /** Uploads by way of one intake, once, and gives its answer. */
  async tryUpload(url: string, upload: MadeUpload, idempotencyKey: string): Promise<Response> {
    return fetch(url + pathOf(upload), {
      method: 'POST',
      headers: { ...this.#headers, 'Idempotency-Key': idempotencyKey },
      body: makeForm(upload),
    })
  }

  /** Requests the import of the rejected rows of one that is over, by way of one intake, once, and gives its answer. */
  async tryRetry(url: string, importId: number): Promise<Response> {
    return fetch(`${url}/v1/imports/${importId}/retry-rejected`, {
      method: 'POST',
      headers: { ...this.#headers, ...AS_JSON },
      body: '{}',
    })
  }

  /** The same until it is taken. Gives the id of that import, which is the one that an earlier request made. */
  async retryRejected(importId: number): Promise<number> {
    const init = { method: 'POST', headers: AS_JSON, body: '{}' }
    return (await this.send<ImportView>(`/v1/imports/${importId}/retry-rejected`, init)).id
  }

  /** Sends the first half of that upload and goes away. */
  async tearUpload(upload: MadeUpload, idempotencyKey: string): Promise<void> {
    const whole = new Response(makeForm(upload))
    const body = Buffer.from(await whole.arrayBuffer())
    const torn = request(this.#url + pathOf(upload), {
      method: 'POST',
      headers: {
        ...this.#headers,
        'Idempotency-Key': idempotencyKey,
        'Content-Type': whole.headers.get('content-type') ?? '',
        'Content-Length': body.length,
      },
    })
    // It is this side that breaks it off.
    torn.on('error', () => undefined)
    await new Promise<void>((resolve) => {
      torn.write(body.subarray(0, Math.floor(body.length / 2)), () => resolve())
    })
    await new Promise((resolve) => {
      torn.once('close', resolve)
      torn.destroy()
    })
  }

  /** Repeats a request until it is taken; the answer's body, whole, as JSON. */
  async send<Answer>(path: string, init: RequestInit): Promise<Answer> {
    const response = await this.read(path, init)
    return (await response.json()) as Answer
  }

  /** Repeats a request until all of its answer has come. */
  async read(path: string, init: RequestInit = {}): Promise<Response> {
    return this.#repeat(`${init.method ?? 'GET'} ${path}`, async () => {
      const headers = { ...this.#headers, ...(init.headers as Record<string, string> | undefined) }
      const response = await fetch(this.#url + path, { ...init, headers })
      return new Response(response.status === 204 ? null : await response.arrayBuffer(), response)
    })
  }

  /** After a storage or a database that was away the intakes need a moment until they are ready again. */
  async putReference(kind: ReferenceKind, csv: string): Promise<ReferenceLoadResult> {
    return this.send(`/v1/reference/${kind}`, { method: 'PUT', headers: { 'Content-Type': 'text/csv' }, body: csv })
  }

  /** Forgets the file and the reports of an import. */
  async delete(importId: number): Promise<void> {
    await this.read(`/v1/imports/${importId}`, { method: 'DELETE' })
  }

  /** Retrieves what is to be refused with that status, and gives what it was answered with. */
  async readRefusal(path: string, refusal: number): Promise<{ status: number; code: string | undefined }> {
    const send = async (): Promise<Response> => {
      const response = await fetch(this.#url + path, { headers: this.#headers })
      return new Response(await response.arrayBuffer(), response)
    }
    const response = await this.#repeat(path, send, refusal)
    if (response.ok) return { status: response.status, code: undefined }
    return { status: response.status, code: ((await response.json()) as { code?: string }).code }
  }

  /** 409, for what the import's state does not allow, is an answer like any other. */
  async act(importId: number, action: 'cancel' | 'resume' | 'revert'): Promise<number> {
    const send = async (): Promise<Response> =>
      fetch(`${this.#url}/v1/imports/${importId}/${action}`, { method: 'POST', headers: this.#headers })
    return (await this.#repeat(`${action} ${importId}`, send, 409)).status
  }

  async waitFor(importId: number, isWanted: (view: ImportView) => boolean): Promise<ImportView> {
    let last: ImportView | undefined
    try {
      return await waitUntil(
        `import ${importId} was as it should be`,
        async () => {
          const path = `/v1/imports/${importId}`
          const response = await this.#repeat(path, async () => fetch(this.#url + path, { headers: this.#headers }))
          last = (await response.json()) as ImportView
          await delay(AGAIN_AFTER_MS)
          return isWanted(last) ? last : null
        },
        GIVE_UP_AFTER_MS,
      )
    } catch (error) {
      throw new Error(`import ${importId} is not over; last seen: ${JSON.stringify(last)}`, { cause: error })
    }
  }

  /** `refusal`: a status that is an answer, too. */
  async #repeat(what: string, send: () => Promise<Response>, refusal?: number): Promise<Response> {
    let last = 'nothing'
    const deadline = performance.now() + GIVE_UP_AFTER_MS
    while (performance.now() < deadline) {
      try {
        const response = await send()
        if (response.ok || response.status === refusal) return response
        last = `${response.status} ${await response.text()}`
        if (!TO_BE_REPEATED.has(response.status)) throw new RefusedError(`${what}: ${last}`)
      } catch (error) {
        if (error instanceof RefusedError) throw error
        last = String(error)
      }
      await delay(AGAIN_AFTER_MS)
    }
    throw new Error(`${what} was not taken within ${GIVE_UP_AFTER_MS} ms; the last answer: ${last}`)
  }
}

/** An answer that no fault may bring about. */
class RefusedError extends Error {
  override readonly name = 'RefusedError'
}
