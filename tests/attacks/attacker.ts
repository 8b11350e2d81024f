import { expect } from 'vitest'

import { ImporterClient } from '../support/importer-client.ts'

/** A client with a valid key that means no good. */
export class Attacker {
  readonly url: string
  readonly apiKey: string
  /** The same organization as a well-behaved client sees it. */
  readonly client: ImporterClient

  constructor(url: string, apiKey: string) {
    this.url = url
    this.apiKey = apiKey
    this.client = new ImporterClient(url, apiKey)
  }

  async send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('Authorization', `Bearer ${this.apiKey}`)
    return fetch(this.url + path, { ...init, headers })
  }

  /** Reads an answer to its end without keeping it, and gives its status and length. */
  async drain(path: string, init: RequestInit = {}): Promise<{ readonly status: number; readonly bytes: number }> {
    const response = await this.send(path, init)
    let bytes = 0
    for await (const chunk of response.body ?? []) bytes += (chunk as Uint8Array).length
    if (response.status === 429 || response.status === 503) expectRetryAfter(response)
    return { status: response.status, bytes }
  }
}

/** What is refused because it is too much at once says when to come again. */
function expectRetryAfter(response: Response): void {
  expect(Number(response.headers.get('retry-after')), 'Retry-After').toBeGreaterThan(0)
}
