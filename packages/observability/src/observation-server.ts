import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import type { Logger } from '@importer/runtime'
import { collectDefaultMetrics, Registry } from 'prom-client'

import { checkReadiness, type ReadinessChecks } from './check-readiness.ts'

export interface ObservationServer {
  /** The port that it listens on, also where any free one was asked for. */
  readonly port: number
  close(): Promise<void>
}

export interface ObservationServerOptions {
  readonly port: number
  readonly host: string
  readonly registry: Registry
  readonly checks: ReadinessChecks
  readonly log: Pick<Logger, 'warn'>
  /** Aborted when the process is to end. */
  readonly stopping: AbortSignal
}

/** A request is answered or given up within this time. */
const REQUEST_TIMEOUT_MS = 10_000

/**
 * Serves `GET /healthz`, `/readyz` and `/metrics` to the operator, on a port of their own: without a key, and without a
 * word about any organization.
 */
export async function startObservationServer(options: ObservationServerOptions): Promise<ObservationServer> {
  const { registry, checks, log, stopping } = options
  const routes: Readonly<Record<string, (response: ServerResponse, url: string) => Promise<void>>> = {
    '/healthz': async (response) => sendJson(response, 200, { status: 'ok' }),
    '/readyz': async (response, url) => {
      const readiness = await checkReadiness(checks, log, { url, stopping })
      sendJson(response, readiness.status === 'ok' ? 200 : 503, readiness)
    },
    '/metrics': async (response) => {
      const text = await registry.metrics()
      response.writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' }).end(text)
    },
  }
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: REQUEST_TIMEOUT_MS })
  server.maxConnections = 100
  server.on('request', (request, response) => {
    const url = request.url ?? ''
    const route = routes[url.split('?')[0] ?? '']
    if (route === undefined) return sendJson(response, 404, { status: 'not found' })
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      return sendJson(response, 405, { status: 'method not allowed' })
    }
    // What is scraped asks the database: one that is away is an answer, too.
    route(response, url).catch(() => {
      if (response.headersSent) response.destroy()
      else sendJson(response, 503, { status: 'unavailable' })
    })
    return undefined
  })
  server.listen(options.port, options.host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify(body))
}

/** Gauges whose names end like a counter's: promtool calls that an error, and the heap and handles say it better. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** A registry with the metrics of the process itself: processor, memory, event loop, garbage collection. */
export function createRegistry(): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  return registry
}
