import type { Request, Response } from 'express'

import { sendAnswer } from '../../http/send-answer.ts'

/** Answers with JSON that nobody may keep: it holds secrets, or what changes by itself. */
export async function sendJson(request: Request, response: Response, status: number, value: object): Promise<void> {
  response.setHeader('Cache-Control', 'no-store')
  const body = JSON.stringify(value)
  await sendAnswer(request, response, { status, contentType: 'application/json; charset=utf-8', body })
}
