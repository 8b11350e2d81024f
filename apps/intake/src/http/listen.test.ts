import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { listen } from './listen.ts'

const host = '127.0.0.1'
let predecessor: Server
let server: Server
let port: number

beforeEach(async () => {
  predecessor = createServer().listen(0, host)
  server = createServer()
  await once(predecessor, 'listening')
  port = (predecessor.address() as AddressInfo).port
})
afterEach(() => {
  predecessor.close()
  server.close()
})

test('a port that is held for a moment is waited for', async () => {
  server.once('error', () => predecessor.close())
  await listen(server, { port, host })
  expect(server.address()).toMatchObject({ port })
})

test('a port that stays taken is an error in the end', async () => {
  await expect(listen(server, { port, host, retryForMs: 150 })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('another error is reported at once', async () => {
  await expect(listen(server, { port, host: '192.0.2.1' })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
})
