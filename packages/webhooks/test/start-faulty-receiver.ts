import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

export interface FaultyReceiver {
  readonly port: number
  /** How many connections were made to it. */
  connections: number
  /** How many bytes it could send. */
  bytesSent(): number
  /** Resolves when the other side has closed all connections. */
  allClosed(): Promise<void>
  stop(): Promise<void>
}

/** A bare TCP server on `host` that does what the test says once the head and the body of a request are there. */
export async function startFaultyReceiver(
  misbehave: (socket: Socket) => void,
  { host = '127.0.0.1', atOnce = false }: { host?: string; atOnce?: boolean } = {},
): Promise<FaultyReceiver> {
  const sockets = new Set<Socket>()
  let bytesOfClosed = 0
  const server = createServer((socket) => {
    receiver.connections += 1
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      bytesOfClosed += socket.bytesWritten
      sockets.delete(socket)
      server.emit('connection closed')
    })
    if (atOnce) misbehave(socket)
    else socket.once('data', () => misbehave(socket))
  })
  server.listen(0, host)
  await once(server, 'listening')
  const receiver: FaultyReceiver = {
    port: (server.address() as AddressInfo).port,
    connections: 0,
    bytesSent: () => bytesOfClosed + [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, 0),
    async allClosed() {
      while (sockets.size > 0) await once(server, 'connection closed')
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return receiver
}
