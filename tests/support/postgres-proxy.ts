import { once } from 'node:events'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'

/**
 * Where the connection is cut:
 * `before-server`: the batch never reaches the database. `before-sync`: the database carries the statement out, and
 * gets no request to commit. `while-running`: the database has all of it, the worker does not wait for the reply.
 * `at-reply`: it is committed, nothing of the reply arrives. `within-reply`: all of the reply but its last message.
 */
export const CUTS = ['before-server', 'before-sync', 'while-running', 'at-reply', 'within-reply'] as const
export type Cut = (typeof CUTS)[number]

export interface PostgresProxy {
  /** The target's URL, by way of the proxy. */
  readonly url: string
  /** Cuts made so far, with the number of the batch, from 1, since the proxy was started. */
  readonly cuts: readonly { readonly cut: Cut; readonly batch: number }[]
  stop(): Promise<void>
}

/** What only the statement that commits a batch holds. */
const BATCH_STATEMENT = '/* commit-batch */'
const READY_FOR_QUERY = 'Z'
const PARSE = 'P'
const SYNC = 'S'

/**
 * A proxy in front of PostgreSQL that knows where its messages begin and end, and asks `chooseCut` for each batch that
 * passes, or each other statement that holds the words of `statement`. Message formats: https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
export async function startPostgresProxy(
  targetUrl: string,
  chooseCut: (batch: number) => Cut | null,
  statement = BATCH_STATEMENT,
): Promise<PostgresProxy> {
  const target = new URL(targetUrl)
  const sockets = new Set<Socket>()
  const cuts: { cut: Cut; batch: number }[] = []
  let batches = 0

  function handle(client: Socket): void {
    const server = connect(Number(target.port), target.hostname)
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.once('close', () => sockets.delete(socket))
    }
    // What ends one side ends the other; why is that side's affair.
    client.on('error', () => server.destroy())
    server.on('error', () => client.destroy())
    client.on('close', () => server.end())
    server.on('close', () => client.end())

    let cut: Cut | null = null
    let isCut = false
    const make = (made: Cut): void => {
      isCut = true
      cuts.push({ cut: made, batch: batches })
    }
    const fromClient = new MessageReader(true)
    client.on('data', (chunk: Buffer) => {
      if (isCut) return
      for (const message of fromClient.read(chunk)) {
        if (message.type === PARSE && message.bytes.includes(statement)) {
          batches += 1
          cut = chooseCut(batches)
          if (cut === 'before-server') {
            make(cut)
            client.resetAndDestroy()
            return
          }
        }
        if (message.type === SYNC && cut === 'before-sync') {
          make(cut)
          client.resetAndDestroy()
          return
        }
        server.write(message.bytes)
        if (message.type === SYNC && cut === 'while-running') {
          make(cut)
          client.resetAndDestroy()
          return
        }
      }
    })
    const fromServer = new MessageReader(false)
    server.on('data', (chunk: Buffer) => {
      if (isCut) return
      if (cut === null) {
        client.write(chunk)
        fromServer.skip(chunk)
        return
      }
      for (const message of fromServer.read(chunk)) {
        if (message.type === READY_FOR_QUERY) {
          make(cut)
          if (cut === 'within-reply') client.end()
          else client.resetAndDestroy()
          return
        }
        if (cut === 'within-reply') client.write(message.bytes)
      }
    })
  }

  const proxy = createServer(handle).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const url = new URL(targetUrl)
  url.hostname = '127.0.0.1'
  url.port = String((proxy.address() as AddressInfo).port)
  return {
    url: url.href,
    cuts,
    async stop() {
      proxy.close()
      for (const socket of sockets) socket.destroy()
      await once(proxy, 'close')
    },
  }
}

interface Message {
  /** One letter; empty for the first message of a client, which has none. */
  readonly type: string
  readonly bytes: Buffer
}

/** Splits one direction of a connection into its messages. */
class MessageReader {
  #pending: Buffer = Buffer.alloc(0)
  #isFirst: boolean

  constructor(beginsWithoutType: boolean) {
    this.#isFirst = beginsWithoutType
  }

  *read(chunk: Buffer): Generator<Message> {
    this.#pending = Buffer.concat([this.#pending, chunk])
    for (;;) {
      const typeBytes = this.#isFirst ? 0 : 1
      if (this.#pending.length < typeBytes + 4) return
      const length = typeBytes + this.#pending.readInt32BE(typeBytes)
      if (this.#pending.length < length) return
      const bytes = this.#pending.subarray(0, length)
      this.#pending = this.#pending.subarray(length)
      this.#isFirst = false
      yield { type: bytes.toString('latin1', 0, typeBytes), bytes }
    }
  }

  /** Goes on with what is passed on as it came. */
  skip(chunk: Buffer): void {
    for (const message of this.read(chunk)) if (message.bytes.length === 0) throw new Error('a message without bytes')
  }
}
