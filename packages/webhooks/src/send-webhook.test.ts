import type { Socket } from 'node:net'

import type { WebhookAttemptError } from '@importer/contracts'
import { afterEach, describe, expect, test } from 'vitest'

import { startFaultyReceiver, type FaultyReceiver } from '../test/start-faulty-receiver.ts'
import { startReceiver, type Receiver } from '../test/start-receiver.ts'
import { sendWebhook, type SendOptions } from './send-webhook.ts'

const TIMEOUT_MS = 400

let running: (FaultyReceiver | Receiver)[] = []
afterEach(async () => {
  await Promise.all(running.map(async (receiver) => receiver.stop()))
  running = []
})

function remember<Kind extends FaultyReceiver | Receiver>(receiver: Kind): Kind {
  running.push(receiver)
  return receiver
}

async function send(url: string, more: Partial<SendOptions> = {}) {
  return sendWebhook({
    url,
    headers: { 'webhook-id': 'msg_1' },
    body: '{"type":"webhook.test"}',
    policy: { allowHttp: true, allowPrivateNetworks: true },
    resolveHost: async () => [{ address: '127.0.0.1', family: 4 }],
    signal: new AbortController().signal,
    timeoutMs: TIMEOUT_MS,
    ...more,
  })
}

type Fault = readonly [
  name: string,
  misbehave: (socket: Socket) => void,
  end: { readonly httpStatus: number | null; readonly errorCode: WebhookAttemptError | null },
]

/** Writes a little now and again, for ever, so that every single wait is short. */
function drip(first: string, rest: string) {
  return (socket: Socket): void => {
    socket.write(first)
    const timer = setInterval(() => socket.write(rest), 20)
    socket.once('close', () => clearInterval(timer))
  }
}

const FAULTS: readonly Fault[] = [
  ['hangs', () => undefined, { httpStatus: null, errorCode: 'TIMEOUT' }],
  [
    'hangs after its head',
    (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'),
    { httpStatus: 200, errorCode: 'TIMEOUT' },
  ],
  ['drips its head', drip('HTTP/1.1 200 OK\r\n', 'X: y\r\n'), { httpStatus: null, errorCode: 'TIMEOUT' }],
  ['drips its body', drip('HTTP/1.1 200 OK\r\n\r\n', 'x'), { httpStatus: 200, errorCode: 'TIMEOUT' }],
  ['sends 1xx for ever', drip('', 'HTTP/1.1 102 Processing\r\n\r\n'), { httpStatus: null, errorCode: 'TIMEOUT' }],
  ['closes without an answer', (socket) => socket.end(), { httpStatus: null, errorCode: 'ANSWER_CUT_SHORT' }],
  ['resets the connection', (socket) => socket.resetAndDestroy(), { httpStatus: null, errorCode: 'ANSWER_CUT_SHORT' }],
  [
    'closes within its head',
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le'),
    { httpStatus: null, errorCode: 'ANSWER_CUT_SHORT' },
  ],
  [
    'closes within its body',
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
    { httpStatus: 200, errorCode: 'ANSWER_CUT_SHORT' },
  ],
  [
    'speaks no HTTP',
    (socket) => socket.end('220 mail.example.com ESMTP\r\n'),
    { httpStatus: null, errorCode: 'ANSWER_NOT_HTTP' },
  ],
  [
    'has a head of 20 kB',
    (socket) => socket.end(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`),
    { httpStatus: null, errorCode: 'ANSWER_NOT_HTTP' },
  ],
  [
    'redirects',
    (socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n'),
    { httpStatus: 302, errorCode: null },
  ],
  [
    'fails',
    (socket) => socket.end('HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno'),
    { httpStatus: 500, errorCode: null },
  ],
  [
    'is gone',
    (socket) => socket.end('HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n'),
    { httpStatus: 410, errorCode: null },
  ],
]

describe('a receiver that', () => {
  test.each(FAULTS)('%s', async (_name, misbehave, end) => {
    const receiver = remember(await startFaultyReceiver(misbehave))
    expect(await send(`http://127.0.0.1:${receiver.port}/`)).toMatchObject(end)
    // Nothing is left behind: no redirect was followed and no connection kept.
    await receiver.allClosed()
    expect(receiver.connections).toBe(1)
  })

  test('wants a pause says so', async () => {
    const answer = 'HTTP/1.1 429 Slow down\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n'
    const receiver = remember(await startFaultyReceiver((socket) => socket.end(answer)))
    expect(await send(`http://127.0.0.1:${receiver.port}/`)).toMatchObject({
      httpStatus: 429,
      retryAfter: '120',
      errorCode: null,
    })
  })

  test('answers with 100 MB is hung up on after the first of them, and its status counts', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 'x')
    const receiver = remember(
      await startFaultyReceiver((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n')
        let left = 100
        const pump = (): void => {
          while (left > 0 && !socket.destroyed) {
            left -= 1
            if (!socket.write(megabyte)) break
          }
        }
        socket.on('drain', pump)
        pump()
      }),
    )
    const result = await send(`http://127.0.0.1:${receiver.port}/`, { timeoutMs: 10_000 })
    expect(result).toMatchObject({ httpStatus: 200, errorCode: null, answer: 'x'.repeat(1024) })
    await receiver.allClosed()
    expect(receiver.bytesSent()).toBeLessThan(20 * 1024 * 1024)
  })

  test('resets connections as soon as they are made cuts them, and is no private address', async () => {
    const receiver = remember(await startFaultyReceiver((socket) => socket.resetAndDestroy(), { atOnce: true }))
    const sent = await Promise.all(
      Array.from({ length: 20 }, async () => send(`http://127.0.0.1:${receiver.port}/`, { timeoutMs: 10_000 })),
    )
    expect(new Set(sent.map(({ errorCode }) => errorCode))).toEqual(new Set(['ANSWER_CUT_SHORT']))
  })

  test('does not listen', async () => {
    const receiver = await startFaultyReceiver(() => undefined)
    await receiver.stop()
    expect(await send(`http://127.0.0.1:${receiver.port}/`)).toMatchObject({ errorCode: 'CONNECTION_FAILED' })
  })

  test('speaks no TLS', async () => {
    const receiver = remember(await startFaultyReceiver((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')))
    expect(await send(`https://127.0.0.1:${receiver.port}/`)).toMatchObject({
      httpStatus: null,
      errorCode: 'TLS_FAILED',
    })
  })

  test('has no address', async () => {
    const resolveHost = async () => Promise.reject(new Error('ENOTFOUND'))
    expect(await send('http://nowhere.example/', { resolveHost })).toMatchObject({ errorCode: 'NAME_NOT_RESOLVED' })
  })

  test('has a name server that never answers', async () => {
    const resolveHost = () => new Promise<never>(() => {})
    expect(await send('http://nowhere.example/', { resolveHost })).toMatchObject({ errorCode: 'TIMEOUT' })
  })
})

test('a request is a POST with the given headers, and the answer is kept in part and made harmless', async () => {
  const receiver = remember(await startReceiver())
  receiver.answer = (response) =>
    response.writeHead(201).end(`a\u0000\u001b[2J\u202e\u200b<b>\r\n\t${'ü'.repeat(2_000)}`)
  const result = await send(`${receiver.url}/path?query=1`)
  expect(result).toMatchObject({ httpStatus: 201, errorCode: null })
  expect(result.answer).toMatch(/^a\uFFFD\uFFFD\[2J\uFFFD\uFFFD<b>\uFFFD\n\tü+\uFFFD?$/)
  expect(Buffer.byteLength(result.answer ?? '')).toBeLessThan(1_100)
  expect(receiver.received).toMatchObject([
    {
      path: '/path?query=1',
      body: '{"type":"webhook.test"}',
      headers: { 'content-type': 'application/json', 'webhook-id': 'msg_1', connection: 'close' },
    },
  ])
})

test('the attempt ends when it gets the signal', async () => {
  const receiver = remember(await startFaultyReceiver(() => stopping.abort()))
  const stopping = new AbortController()
  expect(
    await send(`http://127.0.0.1:${receiver.port}/`, { signal: stopping.signal, timeoutMs: 10_000 }),
  ).toMatchObject({
    errorCode: 'INTERRUPTED',
  })
})
