import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

import { afterFile } from './after-file.ts'

/** A span as a collector got it. */
export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty: the span has none. */
  readonly parentSpanId: string
  readonly name: string
  /** As OTLP numbers them: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly attributes: Readonly<Record<string, unknown>>
  /** Of the process. */
  readonly resource: Readonly<Record<string, unknown>>
}

/** A server that takes OTLP over HTTP in JSON, as a collector does. */
export interface TraceCollector {
  readonly url: string
  /** False: it takes connections and requests, and never says anything. */
  isAnswering: boolean
  readonly spans: readonly CollectedSpan[]
  /** Of each request, its path and headers. */
  readonly requests: readonly Pick<IncomingMessage, 'url' | 'headers'>[]
  /** All that it was sent, as it came. */
  readText(): string
}

export async function startTraceCollector(): Promise<TraceCollector> {
  const spans: CollectedSpan[] = []
  const requests: IncomingMessage[] = []
  let text = ''
  const server = createServer((request, response) => {
    requests.push(request)
    if (!collector.isAnswering) return
    buffer(request).then(
      (body) => {
        text += body.toString()
        spans.push(...readSpans(JSON.parse(body.toString()) as OtlpTraces))
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
      },
      (error: unknown) => response.destroy(error as Error),
    )
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  afterFile(async () => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const collector: TraceCollector = {
    url: `http://127.0.0.1:${port}`,
    isAnswering: true,
    spans,
    requests,
    readText: () => text,
  }
  return collector
}

interface OtlpAttribute {
  readonly key: string
  /** Under its type's name: `{"intValue": 7}`. */
  readonly value: Readonly<Record<string, unknown>>
}

/** https://github.com/open-telemetry/opentelemetry-proto, `ExportTraceServiceRequest`, as far as it is read here. */
interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] }
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, 'attributes' | 'resource' | 'parentSpanId'> & {
        readonly parentSpanId?: string
        readonly attributes: readonly OtlpAttribute[]
      })[]
    }[]
  }[]
}

function readSpans({ resourceSpans }: OtlpTraces): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ parentSpanId = '', ...span }) => ({
        ...span,
        parentSpanId,
        attributes: readAttributes(span.attributes),
        resource: readAttributes(resource.attributes),
      })),
    ),
  )
}

function readAttributes(attributes: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}
