import type { Socket } from 'node:net'

import { completeImport, listWebhookDeliveries } from '@importer/db'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import { startFaultyReceiver, type FaultyReceiver } from '../test/start-faulty-receiver.ts'
import { openWebhookWorld, ORG, type WebhookWorld } from '../test/webhook-world.ts'

const TIMEOUT_MS = 400
/** After a first failure. */
const FIRST_WAIT_S = 5

let world: WebhookWorld
let receiver: FaultyReceiver
beforeAll(async () => {
  world = await openWebhookWorld()
})
afterEach(async () => receiver.stop())
afterAll(() => world.stop())

function answer(head: string, body = '') {
  return (socket: Socket): void => {
    socket.end(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  }
}

function drip(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\n\r\n')
  const timer = setInterval(() => socket.write('x'), 20)
  socket.once('close', () => clearInterval(timer))
}

function pour(socket: Socket): void {
  const megabyte = Buffer.alloc(1024 * 1024, 'x')
  let left = 100
  const pump = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= 1
      if (!socket.write(megabyte)) return
    }
  }
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n')
  socket.on('drain', pump)
  pump()
}

/** Text that would break a line of a log, colour a terminal, or end a page's script. */
const NASTY = 'no\r\n{"level":60,"msg":"forged"}\u0000\u001b[31m</script><script>alert(1)</script>'

interface End {
  readonly httpStatus: number | null
  readonly errorCode: string | null
  /** In seconds from now; null: it is delivered. */
  readonly wait: number | null
}

test.each<[string, (socket: Socket) => void, End]>([
  ['answers', answer('204 No Content'), { httpStatus: 204, errorCode: null, wait: null }],
  ['fails', answer('500 No', NASTY), { httpStatus: 500, errorCode: null, wait: FIRST_WAIT_S }],
  ['is busy', answer('429 Slow down\r\nRetry-After: 120'), { httpStatus: 429, errorCode: null, wait: 120 }],
  [
    'is busy, twice over',
    answer('429 Slow down\r\nRetry-After: 120\r\nRetry-After: 240'),
    { httpStatus: 429, errorCode: null, wait: 120 },
  ],
  ['is busy for a month', answer('503 No\r\nRetry-After: 2592000'), { httpStatus: 503, errorCode: null, wait: 86_400 }],
  [
    'redirects',
    answer('307 Elsewhere\r\nLocation: http://127.0.0.1:1/'),
    { httpStatus: 307, errorCode: null, wait: FIRST_WAIT_S },
  ],
  ['hangs', () => undefined, { httpStatus: null, errorCode: 'TIMEOUT', wait: FIRST_WAIT_S }],
  ['drips', drip, { httpStatus: 200, errorCode: 'TIMEOUT', wait: FIRST_WAIT_S }],
  [
    'closes early',
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
    { httpStatus: 200, errorCode: 'ANSWER_CUT_SHORT', wait: FIRST_WAIT_S },
  ],
  [
    'speaks no HTTP',
    (socket) => socket.end(NASTY),
    { httpStatus: null, errorCode: 'ANSWER_NOT_HTTP', wait: FIRST_WAIT_S },
  ],
  ['sends 100 MB', pour, { httpStatus: 200, errorCode: null, wait: null }],
])('a receiver that %s: its attempt is on record, and when the next is made', async (_name, misbehave, end) => {
  await world.clear()
  world.logged.length = 0
  receiver = await startFaultyReceiver(misbehave)
  await world.makeEndpoint(`http://127.0.0.1:${receiver.port}/`)
  const importId = await world.makeImport()
  await completeImport(world.database, { importId, fencingToken: 1 }, 0)
  world.clock = new Date()
  const timeoutMs = end.errorCode === 'TIMEOUT' ? TIMEOUT_MS : 10_000
  expect(await world.deliverAllDue({ timeoutMs })).toBe(1)
  await receiver.allClosed()

  const [delivery] = await listWebhookDeliveries(world.database, { orgId: ORG }, { limit: 2 })
  const { httpStatus, errorCode, wait } = end
  expect(delivery).toMatchObject({
    status: wait === null ? 'delivered' : 'pending',
    nextAttemptAt: wait === null ? null : new Date(world.clock.getTime() + wait * 1_000),
    attempts: [{ number: 1, httpStatus, errorCode, durationMs: expect.any(Number) }],
  })
  const [attempt] = delivery?.attempts ?? []
  expect(Buffer.byteLength(attempt?.answer ?? '')).toBeLessThanOrEqual(1_100)
  expect(attempt?.answer ?? '').not.toMatch(/[\u0000\r\u001b]/)

  // Whatever it wrote, the log has one entry of ours a line and nothing of the receiver's.
  expect(world.logged.length).toBeGreaterThan(0)
  for (const line of world.logged) {
    expect(line).toMatch(/^\{.*\}\n$/)
    expect(JSON.parse(line)).toMatchObject({ name: 'test' })
    expect(line).not.toMatch(/forged|script|xxxx/)
  }
})
