import type { IncomingMessage, ServerResponse } from 'node:http'

import { describeImport, OPERATIONS } from '@importer/contracts'
import type { ImportRecord } from '@importer/db'

import type { IntakeDependencies } from '../dependencies.ts'
import type { AnswerError } from '../http/answer-errors.ts'
import type { Poll } from '../http/answer-polls.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { makeEntityTag, matchesEntityTag } from '../http/entity-tag.ts'
import type { FindImport } from '../http/find-import.ts'
import { findOwnedImport } from '../http/find-owned.ts'
import { readInt4 } from '../http/read-id.ts'
import { sendAnswer } from '../http/send-answer.ts'
import { noteImport } from '../http/track-requests.ts'

/** Answers with the import of that id of that organization. Throws 404 where it has no such import. */
export type ShowImport = (
  request: IncomingMessage,
  response: ServerResponse,
  orgId: number,
  importId: string,
) => Promise<void>

interface RenderedImport {
  readonly baseUrl: string
  readonly body: string
  readonly entityTag: string
}

/**
 * Answers with one import; 304 to a client that has seen it as it is. What was rendered of a record is kept with it for
 * as long as the record itself is, so that a poll costs next to nothing.
 */
export function createShowImport({ publicUrl }: IntakeDependencies, findImport: FindImport): ShowImport {
  const rendered = new WeakMap<ImportRecord, RenderedImport>()

  function render(record: ImportRecord, baseUrl: string): RenderedImport {
    const known = rendered.get(record)
    if (known?.baseUrl === baseUrl) return known
    const body = JSON.stringify(describeImport(record, baseUrl))
    const made = { baseUrl, body, entityTag: makeEntityTag(body) }
    rendered.set(record, made)
    return made
  }

  return async (request, response, orgId, importId) => {
    const record = await findOwnedImport(findImport, orgId, importId)
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

/** `GET /v1/imports/{id}` as clients poll it; in any other form the operation answers it. */
export function createImportPoll(showImport: ShowImport, answerError: AnswerError): Poll {
  return {
    target: /^\/v1\/imports\/(\d+)$/,
    route: OPERATIONS.showImport.path,
    answer: async (request, response, orgId, [importId = '']) => {
      const id = readInt4(importId)
      if (id !== null) noteImport(response, id)
      await showImport(request, response, orgId, importId)
    },
    answerError,
  }
}
