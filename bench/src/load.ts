import autocannon from 'autocannon'

export interface Load {
  readonly requestsPerSecond: number
  /** ms */
  readonly p99: number
}

/** Always so many requests under way. */
const CONNECTIONS = 20

/** Asks `url` as fast as it answers, from a thread of its own. Throws when an answer is not a good one. */
export async function applyLoad(url: string, apiKey: string, seconds: number): Promise<Load> {
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: seconds,
    workers: 1,
    headers: { authorization: `Bearer ${apiKey}` },
  })
  const bad = result.errors + result.timeouts + result.non2xx
  if (bad > 0 || result.requests.total === 0) {
    throw new Error(`${bad} of ${result.requests.total} requests to ${url} were not answered well`)
  }
  return { requestsPerSecond: result.requests.total / result.duration, p99: result.latency.p99 }
}
