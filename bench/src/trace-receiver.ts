import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** Takes spans as a collector does, by OTLP over HTTP in JSON, and counts them. */
export interface TraceReceiver {
  /** for OTEL_EXPORTER_OTLP_ENDPOINT */
  readonly url: string
  readonly spans: number
  stop(): Promise<void>
}

/** As far as they are counted. */
interface OtlpTraces {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly object[] }[] }[]
}

export async function startTraceReceiver(): Promise<TraceReceiver> {
  let spans = 0
  const server = createServer((request, response) => {
    countSpans(request).then(
      (count) => {
        spans += count
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
      },
      (error: unknown) => response.destroy(error as Error),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get spans() {
      return spans
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function countSpans(request: IncomingMessage): Promise<number> {
  const { resourceSpans } = (await json(request)) as OtlpTraces
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans).reduce((sum, scope) => sum + scope.spans.length, 0)
}
