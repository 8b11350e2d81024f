import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import { expect } from 'vitest'

import { attack } from './attack.ts'
import type { Attacker } from './attacker.ts'

async function open({ url }: Attacker): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  return socket
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
/** The shortest request there is. */
const SHORTEST = 'GET / HTTP/1.0\r\nConnection:keep-alive\r\n\r\n'

/** Counts the answers to their end: so many, or fewer where the connection is ended for its many requests. */
async function countAnswers(socket: Socket, expected: number): Promise<number> {
  let seen = ''
  let count = 0
  socket.setEncoding('latin1')
  socket.on('error', () => socket.destroy())
  for await (const chunk of socket) {
    const parts = (seen + (chunk as string)).split('HTTP/1.1 ')
    count += parts.length - 1
    seen = (parts.at(-1) ?? '').slice(-8)
    if (count >= expected) break
  }
  socket.destroy()
  return count
}

for (const [path, requests] of [
  ['/openapi.json', 200],
  ['/healthz', 1_600],
  ['/', 1_600],
] as const) {
  attack(`${requests} pipelined requests of ${path} without a key, or a quarter of them by each of many`, {
    async run(attacker, _, _client, clients) {
      const count = clients === 1 ? requests : requests / 4
      const socket = await open(attacker)
      socket.write(get(path).repeat(count))
      expect(await countAnswers(socket, count)).toBe(count)
    },
  })
}

attack('2 MB of the shortest requests without a key', {
  async run(attacker) {
    const socket = await open(attacker)
    socket.on('error', () => socket.destroy())
    socket.write(SHORTEST.repeat(50_000))
    // As long as others are answered: nobody reads these answers.
    for (let n = 0; n < 100; n += 1) expect((await attacker.drain('/healthz')).status).toBe(200)
    socket.destroy()
  },
})

attack('1,500 pipelined requests on each of two connections, whose answers nobody reads', {
  async run(attacker) {
    const sockets = await Promise.all([open(attacker), open(attacker)])
    for (const socket of sockets) {
      socket.on('error', () => socket.destroy())
      socket.write(get('/openapi.json').repeat(1_500))
    }
    for (let n = 0; n < 100; n += 1) expect((await attacker.drain('/healthz')).status).toBe(200)
    for (const socket of sockets) socket.destroy()
  },
})
