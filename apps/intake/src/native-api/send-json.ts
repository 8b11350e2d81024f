import type { Request, Response } from 'express'

import { sendAnswer } from '../http/send-answer.ts'

/** Sends JSON that is not to be kept. Ids are bigints in the database and exact as JSON numbers up to 2^53 - 1. */
export async function sendJson(request: Request, response: Response, status: number, value: object): Promise<void> {
  const body = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? Number(part) : part))
  response.setHeader('Cache-Control', 'no-store')
  await sendAnswer(request, response, { status, contentType: 'application/json; charset=utf-8', body })
}
