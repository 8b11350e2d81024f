import type { IncomingMessage, ServerResponse } from 'node:http'

import { acceptBody } from '../http/accept-body.ts'
import { ApiError } from '../http/api-error.ts'
import { watchBody } from '../http/watch-body.ts'

const MAX_BODY_BYTES = 64 * 1024
const IDLE_TIMEOUT_MS = 10_000

/** A JSON body, parsed and not yet checked. No body reads as an empty object. Throws 400, 408, 413 and 415. */
export async function readJsonBody(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  const text = await readText(request, response)
  if (text === '') return {}
  requireJson(request)
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError(400, [
      { code: 'INVALID_JSON', field: 'body', message: 'the body is no JSON; expected an object' },
    ])
  }
}

async function readText(request: IncomingMessage, response: ServerResponse): Promise<string> {
  const body = watchBody(request, { maxBytes: MAX_BODY_BYTES, idleTimeoutMs: IDLE_TIMEOUT_MS })
  acceptBody(request, response)
  const chunks: Buffer[] = []
  try {
    for await (const chunk of body) chunks.push(chunk as Buffer)
  } finally {
    body.destroy()
  }
  return Buffer.concat(chunks).toString('utf8')
}

function requireJson({ headers }: IncomingMessage): void {
  const type = headers['content-type'] ?? ''
  if (/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) return
  throw new ApiError(415, [
    { code: 'UNSUPPORTED_MEDIA_TYPE', field: 'Content-Type', message: 'expected a body of type application/json' },
  ])
}
