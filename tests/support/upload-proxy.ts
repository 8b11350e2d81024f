import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface UploadProxyOptions {
  /** The connection from 0: after how many bytes from the client it is cut; null: never. */
  readonly cutAfter?: (connection: number) => number | null
  /** Called instead of passing on the first answer to an upload, once; then the connection is cut. */
  readonly onAnswer?: () => Promise<void>
}

export interface UploadProxy {
  readonly url: string
  /** How many connections there were. */
  readonly connections: number
  stop(): Promise<void>
}

/** A proxy in front of the intake app that cuts uploads on their way, or swallows the answer to one. */
export async function startUploadProxy(port: number, { cutAfter, onAnswer }: UploadProxyOptions): Promise<UploadProxy> {
  const sockets = new Set<Socket>()
  let connections = 0
  let isAnswerWanted = onAnswer !== undefined
  const server = createServer((client) => {
    const limit = cutAfter?.(connections) ?? null
    connections += 1
    const upstream = connect(port, '127.0.0.1')
    let received = 0
    let isUpload: boolean | null = null
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
    client.on('data', (chunk: Buffer) => {
      isUpload ??= chunk.toString('latin1').startsWith('POST ')
      received += chunk.length
      if (limit !== null && isUpload && received > limit) client.resetAndDestroy()
      else upstream.write(chunk)
    })
    upstream.on('data', (chunk: Buffer) => {
      if (isUpload === true && isAnswerWanted && onAnswer !== undefined) {
        isAnswerWanted = false
        onAnswer().then(
          () => client.resetAndDestroy(),
          (error: unknown) => server.emit('error', error),
        )
      } else if (!client.destroyed) client.write(chunk)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections
    },
    async stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
