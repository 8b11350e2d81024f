import { randomUUID } from 'node:crypto'

import {
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span as OtelSpan,
  type Tracer,
} from '@opentelemetry/api'
import { setGlobalErrorHandler } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

import type { Logger } from '../log.ts'
import { createOccasionalWarning } from '../occasional-warning.ts'
import { withTimeout } from '../with-timeout.ts'
import type { Span, SpanAttributes, SpanKind, Tracing, TracingOptions } from './tracing.ts'
import { formatTraceparent, parseTraceparent } from './traceparent.ts'

const KINDS: Readonly<Record<SpanKind, OtelKind>> = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
}

/** Codes of ours, of Node's and of PostgreSQL's: nothing that a file may hold looks like one by accident. */
const CODE = /^[A-Z0-9_]{2,60}$/
const MAX_DETAIL_CHARACTERS = 300

/**
 * Sends spans by OTLP over HTTP, as JSON, to where OpenTelemetry's own variables say. What is finished is gathered and sent
 * every 5 s, up to 2,048 spans; what comes beyond that while the endpoint does not answer is dropped. So no import ever
 * waits for it.
 */
export function startOpenTelemetry({ serviceName, log, stopTimeoutMs }: Omit<TracingOptions, 'endpoint'>): Tracing {
  reportProblems(log)
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': serviceName, 'service.instance.id': randomUUID() }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  })
  const tracer = provider.getTracer('redemption-importer')
  log.info('traces are sent by OpenTelemetry (OTEL_EXPORTER_OTLP_ENDPOINT)')
  return {
    startSpan: (name, { kind, parent, attributes }) =>
      startSpan(tracer, name, { kind, attributes, context: readContext(parent) }),
    async stop() {
      const timedOut = () => new Error(`the endpoint did not answer within ${stopTimeoutMs} ms`)
      await withTimeout(provider.shutdown(), stopTimeoutMs, timedOut).catch((error: unknown) => {
        log.warn({ err: error }, 'the last spans were not sent')
      })
    },
  }
}

/** Its spans, and their parents, are given by hand: nothing has to follow the flow of asynchronous calls. */
function startSpan(
  tracer: Tracer,
  name: string,
  { kind, attributes, context }: { kind: SpanKind; attributes: SpanAttributes | undefined; context: Context },
): Span {
  const span = tracer.startSpan(name, { kind: KINDS[kind], ...(attributes && { attributes }) }, context)
  const { traceId, spanId, traceFlags: flags } = span.spanContext()
  return {
    traceparent: formatTraceparent({ traceId, spanId, flags }),
    startChild: (childName, childAttributes, childKind = 'internal') =>
      startSpan(tracer, childName, {
        kind: childKind,
        attributes: childAttributes,
        context: trace.setSpan(ROOT_CONTEXT, span),
      }),
    setAttributes: (more) => {
      span.setAttributes(more)
    },
    end(error) {
      if (error !== undefined) recordFailure(span, error)
      span.end()
    },
  }
}

function readContext(traceparent: string | null): Context {
  const parent = parseTraceparent(traceparent)
  if (parent === null) return ROOT_CONTEXT
  const { traceId, spanId, flags } = parent
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags, isRemote: true })
}

function recordFailure(span: OtelSpan, error: unknown): void {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  const isCode = typeof code === 'string' && CODE.test(code)
  span.setAttribute('error.type', isCode ? code : error instanceof Error ? error.name : typeof error)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** What cannot be sent, and what OpenTelemetry finds wrong with its variables, in our log. */
function reportProblems(log: Pick<Logger, 'warn'>): void {
  const warnOfSettings = createOccasionalWarning((unreported, ...parts: unknown[]) => {
    const detail = parts.filter((part) => typeof part === 'string').join(' ')
    log.warn({ ...unreported, detail: detail.slice(0, MAX_DETAIL_CHARACTERS) }, 'OpenTelemetry warns')
  })
  const ignore = (): void => undefined
  diag.setLogger(
    { error: warnOfSettings, warn: warnOfSettings, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
  setGlobalErrorHandler(
    createOccasionalWarning((unreported, error) => {
      log.warn({ ...unreported, err: error }, 'spans could not be sent and are dropped; imports are not concerned')
    }),
  )
}
