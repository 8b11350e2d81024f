import type { IncomingMessage, ServerResponse } from 'node:http'

/** What is done for each request before anybody looks at its path; calls `next` once it is done. */
export type PrepareAnswer = (request: IncomingMessage, response: ServerResponse, next: () => void) => void
