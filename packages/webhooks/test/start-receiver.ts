import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface ReceivedRequest {
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
}

export interface Receiver {
  readonly url: string
  readonly received: ReceivedRequest[]
  /** What is answered from now on. */
  answer: (response: ServerResponse, request: IncomingMessage) => void
  stop(): Promise<void>
}

/** For hooks.example.com, signed by itself. Both were made for these tests: the key is nobody's secret. */
export const CERTIFICATE = readFileSync(new URL('tls/certificate.pem', import.meta.url), 'utf8')
const KEY = readFileSync(new URL('tls/key.pem', import.meta.url), 'utf8')

/** A real HTTP or HTTPS server on 127.0.0.1 that keeps what it gets, and answers 204 unless set otherwise. */
export async function startReceiver({ tls = false } = {}): Promise<Receiver> {
  const received: ReceivedRequest[] = []
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    text(request).then(
      (body) => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        )
        received.push({ path: request.url ?? '', headers, body })
        receiver.answer(response, request)
      },
      () => response.destroy(),
    )
  }
  const server = tls ? createTlsServer({ cert: CERTIFICATE, key: KEY }, take) : createServer(take)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    received,
    answer: (response) => response.writeHead(204).end(),
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return receiver
}
