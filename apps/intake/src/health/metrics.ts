import { createRegistry } from '@importer/observability'
import { Counter, Histogram, type Registry } from 'prom-client'

export interface Metrics {
  /** Of this process and its HTTP requests, by no name of an organization, a file or a person. */
  readonly registry: Registry
  /** A request has begun; {@link observeRequest} tells its end. */
  beginRequest(): void
  /** How many requests are under way. */
  countInFlight(): number
  observeRequest(method: string, route: string, status: number, seconds: number): void
  countUpload(bytes: number): void
}

export function createMetrics(): Metrics {
  const registry = createRegistry()
  const requests = new Histogram({
    name: 'redemptions_http_request_duration_seconds',
    help: 'How long requests took, by method, route and status',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600],
    registers: [registry],
  })
  const uploads = new Counter({ name: 'redemptions_uploads_total', help: 'Uploads accepted', registers: [registry] })
  const uploadBytes = new Counter({
    name: 'redemptions_upload_bytes_total',
    help: 'Bytes of the files of accepted uploads',
    registers: [registry],
  })
  let inFlight = 0
  return {
    registry,
    beginRequest() {
      inFlight += 1
    },
    countInFlight: () => inFlight,
    observeRequest(method, route, status, seconds) {
      inFlight -= 1
      requests.observe({ method, route, status }, seconds)
    },
    countUpload(bytes) {
      uploads.inc()
      uploadBytes.inc(bytes)
    },
  }
}
