import { createClient, RequestError, type ImporterClient } from '@importer/client'
import { OPERATIONS, type Operation } from '@importer/contracts'

import { mayPass, retry } from './retry.ts'
import type { Server } from './servers-file.ts'

export interface ApiOptions {
  readonly signal: AbortSignal
  readonly notify: (line: string) => void
}

/** Until the head of an answer is there. */
const ANSWER_WITHIN_MS = 120_000
const RETRIES = 4

type Call = (call?: object, options?: { signal?: AbortSignal }) => Promise<unknown>

/**
 * The importer's native API. Whatever may be sent twice is tried again after failures that may pass; everything else only
 * where the server has said that it did nothing.
 */
export function createApi({ url, apiKey }: Server, { signal, notify }: ApiOptions): ImporterClient {
  const client = createClient({ url, apiKey, signal })
  const operations: Readonly<Record<string, Operation>> = OPERATIONS
  const calls = Object.entries(client as unknown as Record<string, Call>).map(([name, call]) => {
    const operation = operations[name]
    const isPassing = operation !== undefined && isRepeatable(name, operation) ? mayPass : didNothing
    // How long a file takes depends on its size and the line: only a silent connection is given up, by fetch, after 5 min.
    const attempt: Call = sendsFile(operation)
      ? call
      : async (parameters) => within(url, (limit) => call(parameters, { signal: limit }))
    return [
      name,
      async (parameters?: object) =>
        retry(async () => attempt(parameters), { retries: RETRIES, signal, notify, isPassing }),
    ]
  })
  return Object.fromEntries(calls) as ImporterClient
}

/** The same body of `retry-rejected` gives the import that it made before. */
function isRepeatable(name: string, { method }: Operation): boolean {
  return method === 'get' || method === 'put' || method === 'delete' || name === 'retryRejected'
}

function sendsFile(operation: Operation | undefined): boolean {
  return operation?.body !== undefined && operation.body.contentType !== 'application/json'
}

function didNothing(error: unknown): boolean {
  return error instanceof RequestError && (error.status === 429 || error.status === 503)
}

async function within<Value>(url: string, run: (limit: AbortSignal) => Promise<Value>): Promise<Value> {
  const limit = new AbortController()
  const late = new RequestError(`${url} does not answer within ${ANSWER_WITHIN_MS / 1_000} s`, null)
  const timer = setTimeout(() => limit.abort(late), ANSWER_WITHIN_MS)
  try {
    return await run(limit.signal)
  } finally {
    clearTimeout(timer)
  }
}
