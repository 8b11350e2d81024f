import { STATUS_CODES } from 'node:http'

import type { Request, Response } from 'express'

import { sendAnswer, type Answer } from '../http/send-answer.ts'
import type { ApiError } from '../http/api-error.ts'

/** Sends JSON that is not to be kept. Ids are bigints in the database and exact as JSON numbers up to 2^53 - 1. */
export async function sendJson(request: Request, response: Response, status: number, value: object): Promise<void> {
  const body = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? Number(part) : part))
  response.setHeader('Cache-Control', 'no-store')
  await sendAnswer(request, response, { status, contentType: 'application/json; charset=utf-8', body })
}

/** Problem details (RFC 9457). `code` is stable; `errors` is there when more than one thing is wrong. */
export function renderProblem({ status, faults, message, details }: ApiError): Answer {
  const problem = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code: faults[0]?.code,
    detail: message,
    ...(faults.length > 1 ? { errors: faults } : {}),
    ...details,
  }
  return { status, contentType: 'application/problem+json; charset=utf-8', body: JSON.stringify(problem) }
}

/** A page of what was found where one more than `limit` was asked for: so it is known whether there is another page. */
export function toPage<Item>(
  found: readonly Item[],
  limit: number,
  cursorOf: (last: Item) => string | number | bigint,
) {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: found.length > limit && last !== undefined ? String(cursorOf(last)) : null }
}
