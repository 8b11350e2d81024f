import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

import { afterFile } from './after-file.ts'

/**
 * One address for several servers that talk TCP, each connection to the next of them, until the test file is done: as a Service of
 * Kubernetes, or one port that several processes share. Gives the first one's URL by way of it.
 */
export async function startRoundRobin(urls: readonly [string, ...string[]]): Promise<string> {
  const sockets = new Set<Socket>()
  let next = 0
  const server = createServer((client) => {
    const { hostname, port } = new URL(urls[next % urls.length] ?? '')
    next += 1
    const target = connect(Number(port), hostname)
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      // What ends one side ends the other; why is that side's affair.
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterFile(async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  })
  const url = new URL(urls[0])
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return url.href
}
