import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

import type { Authenticate } from '../authentication/authenticate.ts'
import type { AdmitRequest } from './admit-requests.ts'
import type { AnswerError } from './answer-errors.ts'
import type { PrepareAnswer } from './prepare-answer.ts'
import { requireSoundHead } from './require-sound-head.ts'
import { noteKey, noteRoute } from './track-requests.ts'

/** A status by id, as programs ask for it again and again. */
export interface Poll {
  /** The whole target, without anything that would have to be decoded. */
  readonly target: RegExp
  /** Under which its requests are counted and logged. */
  readonly route: string
  /** `orgId` is that of the key; `parts` are the groups of the target. */
  readonly answer: (
    request: IncomingMessage,
    response: ServerResponse,
    orgId: number,
    parts: readonly string[],
  ) => Promise<void>
  readonly answerError: AnswerError
}

export interface PollOptions {
  readonly polls: readonly Poll[]
  readonly prepare: PrepareAnswer
  readonly admit: AdmitRequest
  readonly authenticate: Authenticate
}

/**
 * Answers polls, and gives every other request to the app. Express takes four times as long for a request as everything
 * that a poll needs. Its routes answer the same resources by the same functions, for requests in any other form: another
 * method, a query, an escaped letter.
 */
export function answerPolls(app: RequestListener, options: PollOptions): RequestListener {
  const { polls, prepare, admit, authenticate } = options

  async function answer(poll: Poll, parts: readonly string[], request: IncomingMessage, response: ServerResponse) {
    try {
      noteRoute(response, poll.route)
      requireSoundHead(request)
      await admit(request, response)
      const principal = await authenticate(request.headers, 'read')
      noteKey(response, principal)
      await poll.answer(request, response, principal.orgId, parts)
    } catch (error) {
      await poll.answerError(error, request, response)
    }
  }
  return (request, response) => {
    const target = request.method === 'GET' ? (request.url ?? '') : ''
    for (const poll of polls) {
      const [found, ...parts] = poll.target.exec(target) ?? []
      if (found === undefined) continue
      prepare(request, response, () => void answer(poll, parts, request, response))
      return
    }
    app(request, response)
  }
}
