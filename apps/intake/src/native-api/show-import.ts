import { describeImport } from '@importer/contracts'
import type { ImportRecord } from '@importer/db'
import type { Request, Response } from 'express'

import type { IntakeDependencies } from '../dependencies.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { makeEntityTag, matchesEntityTag } from '../http/entity-tag.ts'
import { sendAnswer } from '../http/send-answer.ts'

interface RenderedImport {
  readonly baseUrl: string
  readonly body: string
  readonly entityTag: string
}

/**
 * Answers with one import; 304 to a client that has seen it as it is. What was rendered of a record is kept with it for
 * as long as the record itself is, so that a poll costs next to nothing.
 */
export function createShowImport({ publicUrl }: IntakeDependencies) {
  const rendered = new WeakMap<ImportRecord, RenderedImport>()

  function render(record: ImportRecord, baseUrl: string): RenderedImport {
    const known = rendered.get(record)
    if (known?.baseUrl === baseUrl) return known
    const body = JSON.stringify(describeImport(record, baseUrl))
    const made = { baseUrl, body, entityTag: makeEntityTag(body) }
    rendered.set(record, made)
    return made
  }

  return async (request: Request, response: Response, record: ImportRecord): Promise<void> => {
    const { body, entityTag } = render(record, readBaseUrl(request, publicUrl))
    response.setHeader('ETag', entityTag)
    response.setHeader('Cache-Control', 'private, no-cache')
    if (matchesEntityTag(request.headers['if-none-match'], entityTag)) {
      response.statusCode = 304
      response.end()
      return
    }
    await sendAnswer(request, response, { status: 200, contentType: 'application/json; charset=utf-8', body })
  }
}
