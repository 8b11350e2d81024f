import { once } from 'node:events'
import { Agent, createServer, request as sendRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { waitUntil } from './wait-until.ts'

/** What passed a load balancer since it was started. */
export interface Passed {
  /** Requests that were sent on, by the backend's URL. */
  readonly sent: Readonly<Record<string, number>>
  /** Requests that were sent to another backend as the first one took no connection. */
  readonly retried: number
  /** Requests that were sent on and whose connection broke before the answer was whole. */
  readonly broken: readonly string[]
  /** Requests for which no backend was there: answered 502. */
  readonly unserved: number
}

/**
 * A load balancer as operators run one in front of intake apps: round robin, kept-alive connections to the backends, a
 * look at each `/readyz` in short intervals, and another backend where one takes no connection. A request that was sent is never
 * sent again: it may have been carried out.
 */
export interface LoadBalancer {
  readonly url: string
  readonly passed: Passed
  /** From its next good `/readyz` on, requests go there too; resolves then. */
  add(backend: string): Promise<void>
  /** Resolves when nothing is sent there any more, because its `/readyz` was no longer good. */
  waitUntilOut(backend: string): Promise<void>
  /** Does not look at it any more. */
  remove(backend: string): void
  stop(): Promise<void>
}

interface Backend {
  readonly url: string
  readonly agent: Agent
  isReady: boolean
  isRemoved: boolean
}

const LOOK_EVERY_MS = 100
/** As HAProxy's `fall` and Kubernetes' `failureThreshold`: one look that fails on a busy machine takes nobody out. */
const FAILED_LOOKS = 2
const LOOK_TIMEOUT_MS = 2_000
/** Headers that speak of one connection, not of the request or the answer. */
const OF_ONE_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding'])

export async function startLoadBalancer(): Promise<LoadBalancer> {
  const backends = new Map<string, Backend>()
  const passed = { sent: {} as Record<string, number>, retried: 0, broken: [] as string[], unserved: 0 }
  let next = 0

  /** Round robin among those that are ready and were not tried yet. */
  function choose(tried: ReadonlySet<Backend>): Backend | undefined {
    const ready = [...backends.values()].filter((backend) => backend.isReady && !tried.has(backend))
    next += 1
    return ready[next % ready.length]
  }

  function forward(incoming: IncomingMessage, answer: ServerResponse, tried: Set<Backend>): void {
    const backend = choose(tried)
    if (backend === undefined) {
      passed.unserved += 1
      incoming.resume()
      answer.writeHead(502).end('no backend is ready')
      return
    }
    tried.add(backend)
    let isConnected = false
    const outgoing = sendRequest(new URL(incoming.url ?? '/', backend.url), {
      method: incoming.method,
      headers: keepHeaders(incoming.headers),
      agent: backend.agent,
    })
    outgoing.once('socket', (socket) => {
      const send = (): void => {
        isConnected = true
        passed.sent[backend.url] = (passed.sent[backend.url] ?? 0) + 1
        incoming.pipe(outgoing)
      }
      if (socket.connecting) socket.once('connect', send)
      else send()
    })
    outgoing.once('response', (received) => {
      answer.writeHead(received.statusCode ?? 502, keepHeaders(received.headers))
      received.pipe(answer)
      received.once('error', (error) => breakOff(error))
    })
    function breakOff(error: Error): void {
      // A client that has gone misses nothing.
      if (!answer.destroyed)
        passed.broken.push(`${incoming.method} ${incoming.url} at ${backend?.url}: ${String(error)}`)
      answer.destroy()
    }
    outgoing.once('error', (error) => {
      if (isConnected) breakOff(error)
      else {
        passed.retried += 1
        forward(incoming, answer, tried)
      }
    })
    answer.once('close', () => {
      if (!answer.writableFinished) outgoing.destroy()
    })
  }

  const server = createServer((incoming, answer) => forward(incoming, answer, new Set()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const watching = new Set<Promise<void>>()

  async function watch(backend: Backend): Promise<void> {
    for (let failed = FAILED_LOOKS; !backend.isRemoved;) {
      failed = (await isReady(backend.url)) ? 0 : failed + 1
      backend.isReady = failed < FAILED_LOOKS
      await delay(LOOK_EVERY_MS)
    }
  }

  const remove = (backend: Backend): void => {
    backend.isRemoved = true
    backend.isReady = false
    backends.delete(backend.url)
    backend.agent.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    async add(url) {
      const backend = { url, agent: new Agent({ keepAlive: true }), isReady: false, isRemoved: false }
      backends.set(url, backend)
      const watched = watch(backend)
      watching.add(watched)
      await waitUntil(`${url} was ready`, () => backend.isReady)
    },
    async waitUntilOut(url) {
      await waitUntil(`${url} was not ready`, () => backends.get(url)?.isReady !== true)
    },
    remove(url) {
      const backend = backends.get(url)
      if (backend !== undefined) remove(backend)
    },
    async stop() {
      for (const backend of backends.values()) remove(backend)
      await Promise.all(watching)
      server.close()
      server.closeAllConnections()
    },
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, {
      headers: { Connection: 'close' },
      signal: AbortSignal.timeout(LOOK_TIMEOUT_MS),
    })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}

function keepHeaders(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_ONE_CONNECTION.has(name)))
}
