import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'

export interface Metrics {
  readonly contentType: string
  /** All metrics in Prometheus' text format. */
  render(): Promise<string>
  observeRequest(method: string, route: string, status: number, seconds: number): void
  countUpload(bytes: number): void
}

/** The process' own metrics and those of its HTTP requests, in a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long requests took, by method, route and status',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600],
    registers: [registry],
  })
  const uploads = new Counter({ name: 'uploads_total', help: 'Uploads accepted', registers: [registry] })
  const uploadBytes = new Counter({
    name: 'upload_bytes_total',
    help: 'Bytes of the files of accepted uploads',
    registers: [registry],
  })
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    observeRequest: (method, route, status, seconds) => requests.observe({ method, route, status }, seconds),
    countUpload(bytes) {
      uploads.inc()
      uploadBytes.inc(bytes)
    },
  }
}
