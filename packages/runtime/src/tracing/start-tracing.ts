import type { Logger } from '../log.ts'
import { NO_TRACING, type Tracing } from './tracing.ts'

export interface TracingOptions {
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`; undefined: nothing is traced. */
  readonly endpoint: string | undefined
  /** What the process is called in traces, unless `OTEL_SERVICE_NAME` says otherwise. */
  readonly serviceName: string
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** How long the end of the process may wait for the endpoint. */
  readonly stopTimeoutMs: number
}

/** Without an endpoint nothing of OpenTelemetry is loaded: it would take memory and start time. */
export async function startTracing({ endpoint, ...options }: TracingOptions): Promise<Tracing> {
  if (endpoint === undefined) return NO_TRACING
  const { startOpenTelemetry } = await import('./open-telemetry.ts')
  return startOpenTelemetry(options)
}
