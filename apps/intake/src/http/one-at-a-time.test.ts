import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

import { afterEach, expect, test, vi } from 'vitest'

import { servePlainly } from '../../test/serve-plainly.ts'
import { openRawConnection, type RawConnection } from '../../test/raw-connection.ts'
import { createIntakeServer } from './create-server.ts'

let server: Server
const connections: RawConnection[] = []
let accepted: Socket[] = []

afterEach(async () => {
  for (const { socket } of connections.splice(0)) socket.destroy()
  accepted = []
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

async function serve(app: RequestListener): Promise<() => Promise<RawConnection>> {
  server = createIntakeServer(servePlainly(app))
  server.on('connection', (socket: Socket) => accepted.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return async () => {
    const connection = await openRawConnection((server.address() as AddressInfo).port)
    connections.push(connection)
    return connection
  }
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of request) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  response.end(`<${request.url} ${bytes} ${hash.digest('hex')}>`)
}
const answerEcho: RequestListener = (request, response) => {
  echo(request, response).catch((error: unknown) => response.destroy(error as Error))
}
const answersIn = (text: string): string[] => text.match(/<.*?>/g) ?? []

/** Reads so many answers, looking at each byte once. */
async function readAnswers({ socket }: RawConnection, count: number): Promise<string[]> {
  const chunks: string[] = []
  let seen = 0
  for await (const chunk of socket as AsyncIterable<string>) {
    chunks.push(chunk)
    seen += chunk.split('>').length - 1
    if (seen >= count) break
  }
  return answersIn(chunks.join(''))
}

test('pipelined requests begin one after the other, each when the answer before it went out', async () => {
  const begun: string[] = []
  const pending: ServerResponse[] = []
  const connect = await serve((request, response) => {
    begun.push(request.url ?? '')
    pending.push(response)
  })
  const { socket, waitFor } = await connect()
  socket.write(get('/1') + get('/2') + get('/3'))
  for (const path of ['/1', '/2', '/3']) {
    await vi.waitFor(() => expect(begun.at(-1)).toBe(path), { timeout: 10_000, interval: 5 })
    expect(pending).toHaveLength(1)
    pending.pop()?.end(`<${path}>`)
  }
  expect(answersIn(await waitFor(/<\/3>/))).toEqual(['</1>', '</2>', '</3>'])
})

test('of what twenty connections send ahead, little is parsed in one turn of the event loop', async () => {
  const connect = await serve((request, response) => response.end(`<${request.url}>`))
  const begun = new Map<Socket, number>()
  let most = 0
  server.prependListener('request', ({ socket }: IncomingMessage) => {
    if (begun.size === 0) setImmediate(() => begun.clear())
    const count = (begun.get(socket) ?? 0) + 1
    begun.set(socket, count)
    most = Math.max(most, count)
  })
  const paths = Array.from({ length: 300 }, (_, n) => `/${n}`)
  const clients = await Promise.all(Array.from({ length: 20 }, connect))
  for (const { socket } of clients) socket.write(paths.map(get).join(''))
  for (const answers of await Promise.all(clients.map(async (client) => readAnswers(client, paths.length)))) {
    expect(answers).toEqual(paths.map((path) => `<${path}>`))
  }
  // Node would parse all of a connection in one.
  expect(most).toBeLessThan(60)
})

test('of requests that many connections send at once, few begin in one turn of the event loop', async () => {
  let begun = 0
  let most = 0
  const connect = await serve((request, response) => {
    if (begun === 0) setImmediate(() => (begun = 0))
    begun += 1
    most = Math.max(most, begun)
    const until = performance.now() + 10
    while (performance.now() < until);
    response.end(`<${request.url}>`)
  })
  const clients = await Promise.all(Array.from({ length: 20 }, connect))
  await vi.waitFor(() => expect(accepted).toHaveLength(20), { timeout: 10_000, interval: 5 })
  for (const { socket } of clients) socket.write(get('/1'))
  for (const answers of await Promise.all(clients.map(async (client) => readAnswers(client, 1)))) {
    expect(answers).toEqual(['</1>'])
  }
  // Two within the time slice, and one of those that waited.
  expect(most).toBeLessThanOrEqual(3)
})

test('what had no time to begin begins soon, not one in each turn of the event loop', async () => {
  let iteration = 0
  const iterations: number[] = []
  const count = (): void => {
    iteration += 1
    if (iterations.length < 20) setImmediate(count)
  }
  const connect = await serve((request, response) => {
    if (iterations.length === 0) {
      count()
      const until = performance.now() + 30
      while (performance.now() < until);
    }
    iterations.push(iteration)
    response.end(`<${request.url}>`)
  })
  const clients = await Promise.all(Array.from({ length: 20 }, connect))
  await vi.waitFor(() => expect(accepted).toHaveLength(20), { timeout: 10_000, interval: 5 })
  for (const { socket } of clients) socket.write(get('/1'))
  await Promise.all(clients.map(async (client) => readAnswers(client, 1)))
  expect(iterations).toHaveLength(20)
  expect(iterations.at(-1)).toBeLessThan(10)
})

test('clients that connect are accepted, and their first requests begin, before most of what others sent ahead', async () => {
  const begun: string[] = []
  const begunAtAccept: number[] = []
  const connect = await serve((request, response) => {
    begun.push(request.url ?? '')
    response.end(`<${request.url}>`)
  })
  server.on('connection', () => begunAtAccept.push(begun.length))
  const paths = Array.from({ length: 60 }, (_, n) => `/${n}`)
  const clients = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const client = await connect()
      client.socket.write(paths.map(get).join(''))
      return client
    }),
  )
  for (const answers of await Promise.all(clients.map(async (client) => readAnswers(client, paths.length)))) {
    expect(answers).toEqual(paths.map((path) => `<${path}>`))
  }
  // In each iteration of the event loop one is accepted, and begin: a new request, one that waited, one that was sent ahead.
  expect(begunAtAccept).toHaveLength(40)
  expect(begunAtAccept.at(-1)).toBeLessThanOrEqual(3 * 40)
  expect(begun.lastIndexOf('/0')).toBeLessThanOrEqual(4 * 40)
})

test('a client that sends endlessly ahead of an answer is not read', async () => {
  const pending: ServerResponse[] = []
  const connect = await serve((_request, response) => {
    pending.push(response)
  })
  const { socket } = await connect()
  const ahead = get('/ahead').repeat(10_000)
  while (socket.writableLength < 10 * ahead.length) socket.write(ahead)
  await vi.waitFor(() => expect(pending).toHaveLength(1), { timeout: 10_000, interval: 5 })
  // What has been read of it once, when nothing more of it moves, is read of it for good.
  let read = -1
  await vi.waitFor(
    () => {
      const [before, now] = [read, accepted[0]?.bytesRead ?? 0]
      read = now
      expect(now).toBe(before)
    },
    { timeout: 10_000, interval: 50 },
  )
  expect(read).toBeLessThanOrEqual(2 * 64 * 1024)
  expect(pending).toHaveLength(1)
})

const body = randomBytes(3_000_000)
const digest = createHash('sha256').update(body).digest('hex')
const chunked = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n0\r\n\r\n')])

test.each([
  ['with its length', `Content-Length: ${body.length}`, body],
  ['in chunks', 'Transfer-Encoding: chunked', chunked(body)],
])('a body %s arrives whole, and so do the requests around it', async (_name, header, sent) => {
  const connect = await serve(answerEcho)
  const connection = await connect()
  const { socket } = connection
  const none = createHash('sha256').digest('hex')
  socket.write(get('/before'))
  for (const path of ['/1', '/2']) {
    socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n`)
    socket.write(sent)
    socket.write(get(`${path}/behind`).repeat(100))
  }
  const answers = await readAnswers(connection, 203)
  const behind = (path: string): string[] => Array.from({ length: 100 }, () => `<${path}/behind 0 ${none}>`)
  expect(answers).toEqual([
    `</before 0 ${none}>`,
    `</1 ${body.length} ${digest}>`,
    ...behind('/1'),
    `</2 ${body.length} ${digest}>`,
    ...behind('/2'),
  ])
})

test('a client that ends its side behind what it sent ahead has its connection ended', async () => {
  const connect = await serve((_request, response) => response.end('<answer>'))
  const { socket, waitForEnd } = await connect()
  socket.end(get('/').repeat(5_000))
  expect(answersIn(await waitForEnd()).length).toBeGreaterThan(4_900)
})
