import type { ServerResponse } from 'node:http'

const since = new WeakMap<ServerResponse, number>()

/** The answer stands still until its client has taken what there is of it. */
export function markWaitingForClient(response: ServerResponse): void {
  since.set(response, performance.now())
}

export function markServed(response: ServerResponse): void {
  since.delete(response)
}

/** For how long an answer has been standing still because its client does not take it, in ms; 0: it does not. */
export function readWaitForClient(response: ServerResponse): number {
  const start = since.get(response)
  return start === undefined ? 0 : performance.now() - start
}
