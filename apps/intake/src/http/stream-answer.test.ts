import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import express from 'express'
import { afterEach, expect, test, vi } from 'vitest'

import { servePlainly } from '../../test/serve-plainly.ts'
import { openRawConnection } from '../../test/raw-connection.ts'
import { createIntakeServer } from './create-server.ts'
import { streamAnswer } from './stream-answer.ts'

const IDLE_MS = 100

let server: Server

afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

async function serve(source: () => AsyncIterable<string>): Promise<{ port: number; accepted: Socket[] }> {
  const app = express()
  app.get('/report', async (request, response) => streamAnswer(request, response, source()))
  server = createIntakeServer(servePlainly(app))
  server.setTimeout(IDLE_MS)
  const accepted: Socket[] = []
  server.on('connection', (socket: Socket) => accepted.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, accepted }
}

test('a connection on which nothing moves is closed, but not while its answer is being made', async () => {
  const { port } = await serve(async function* read() {
    await delay(4 * IDLE_MS)
    yield 'first,'
    await delay(4 * IDLE_MS)
    yield 'second'
  })
  const idle = await openRawConnection(port)
  const answer = fetch(`http://127.0.0.1:${port}/report`)
  await once(idle.socket, 'close')
  expect(await (await answer).text()).toBe('first,second')
})

test('a client that does not read has its time', async () => {
  const { port, accepted } = await serve(async function* read() {
    for (;;) yield 'x'.repeat(64 * 1024)
  })
  const { socket } = await openRawConnection(port)
  socket.pause()
  socket.write('GET /report HTTP/1.1\r\nHost: a\r\n\r\n')
  await vi.waitFor(() => expect(accepted[0]?.timeout).toBe(60_000), { timeout: 10_000, interval: 5 })
  socket.destroy()
})
