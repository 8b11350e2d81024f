import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { createApi } from './create-api.ts'

/** Longer than an answer is waited for, shorter than fetch bears a silent connection: it counts by the same clock. */
const LONG_MS = 200_000
const LOADED = { received: 1, inserted: 1, updated: 0, rejected: 0, errors: [] }
const server = createServer()

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterEach(() => {
  vi.useRealTimers()
  server.closeAllConnections()
  server.close()
})

test('a file may take as long to send as it takes, and is sent once', async () => {
  const requests: string[] = []
  server.on('request', ({ method, url }: IncomingMessage) => requests.push(`${method} ${url}`))
  const arrived = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>
  const api = createApi(
    { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, apiKey: 'a-key-of-the-test' },
    { signal: new AbortController().signal, notify: (line) => requests.push(line) },
  )
  const answered = api.loadReference({ kind: 'tills', body: new Blob(['id,name\n'.repeat(1_000)]) })
  const [request, response] = await arrived
  vi.advanceTimersByTime(LONG_MS)
  request.resume()
  await Promise.race([once(request, 'end'), answered])
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(LOADED))
  expect(await answered).toEqual(LOADED)
  expect(requests).toEqual(['PUT /v1/reference/tills'])
})
