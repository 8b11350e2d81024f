import type { IncomingMessage } from 'node:http'

import { checkValue, type AnySchema, type OutputOf } from '@importer/contracts'
import type { Request, Response } from 'express'

import { acceptBody } from '../../http/accept-body.ts'
import { ApiError } from '../../http/api-error.ts'
import { watchBody } from '../../http/watch-body.ts'

const MAX_BODY_BYTES = 64 * 1024
const IDLE_TIMEOUT_MS = 10_000

/** The query by its schema; throws 400 with every fault at once. */
export function readQuery<Schema extends AnySchema>(request: Pick<Request, 'query'>, schema: Schema): OutputOf<Schema> {
  return parse(schema, request.query, 'query')
}

/** A JSON body by its schema; throws 400 with every fault at once, 413 and 415. No body reads as an empty object. */
export async function readJsonBody<Schema extends AnySchema>(
  request: Request,
  response: Response,
  schema: Schema,
): Promise<OutputOf<Schema>> {
  const text = await readText(request, response)
  if (text !== '') requireJson(request)
  let value: unknown
  try {
    value = text === '' ? {} : JSON.parse(text)
  } catch {
    throw new ApiError(400, [
      { code: 'INVALID_JSON', field: 'body', message: 'the body is no JSON; expected an object' },
    ])
  }
  return parse(schema, value, 'body')
}

async function readText(request: IncomingMessage, response: Response): Promise<string> {
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

function parse<Schema extends AnySchema>(schema: Schema, value: unknown, whole: string): OutputOf<Schema> {
  const checked = checkValue(schema, value, whole)
  if (!checked.ok) throw new ApiError(400, checked.faults)
  return checked.value
}
