import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

import type { ApiError } from './api-error.ts'

/** What a server serves. */
export interface Served {
  readonly answer: RequestListener
  /** Answers a request that cannot be read, or whose body cannot, with the reason. */
  readonly refuse: (error: ApiError, request: IncomingMessage, response: ServerResponse) => void
}
