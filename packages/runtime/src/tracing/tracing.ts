import type { Logger } from '../log.ts'

/** What a span may hold: ids, counts and codes. Never what a file, a form, a header or a receiver's answer holds. */
export type SpanAttributes = Readonly<
  Record<`redemptions.${string}` | `http.${string}` | `url.${string}`, string | number | boolean>
>

/** What a span is to others: the work of a request, of a job, a job that is added, a request that is sent; else a step within. */
export type SpanKind = 'server' | 'consumer' | 'producer' | 'client' | 'internal'

/** One step of the work, from its start to its end. No method throws. */
export interface Span {
  /** Under which other processes continue the trace: the value of W3C's `traceparent` header. Null: nothing is traced. */
  readonly traceparent: string | null
  startChild(name: string, attributes?: SpanAttributes, kind?: SpanKind): Span
  setAttributes(attributes: SpanAttributes): void
  /** Of an error only its name and code are kept: its message may hold what a span must not. */
  end(error?: unknown): void
}

export interface SpanStart {
  readonly kind: SpanKind
  /** A valid `traceparent`; null: a new trace. */
  readonly parent: string | null
  readonly attributes?: SpanAttributes
}

export interface Tracing {
  startSpan(name: string, start: SpanStart): Span
  /** Sends what is not sent yet, within a limit of its own. Never rejects. */
  stop(): Promise<void>
}

export const NO_SPAN: Span = {
  traceparent: null,
  startChild: () => NO_SPAN,
  setAttributes: () => undefined,
  end: () => undefined,
}

/** What stands in for tracing while no endpoint is set. */
export const NO_TRACING: Tracing = { startSpan: () => NO_SPAN, stop: async () => undefined }

/** Runs the work in a span, which ends with it. */
export async function runInSpan<Result>(span: Span, work: (span: Span) => Promise<Result>): Promise<Result> {
  let failure: unknown
  try {
    return await work(span)
  } catch (error) {
    failure = error
    throw error
  } finally {
    span.end(failure)
  }
}

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
