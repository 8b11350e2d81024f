import type { IncomingMessage, ServerResponse } from 'node:http'

/** What a request must pass before an API does anything for it. Throws the ApiError that it is refused with. */
export type AdmitRequest = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/**
 * All checks in their order, as one. Each route of an API calls it: a handler that Express mounts for a prefix would cut the
 * path and have it parsed again twice, for each check of each poll.
 */
export function admitRequests(
  checks: readonly AdmitRequest[],
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    for (const check of checks) await check(request, response)
  }
}
