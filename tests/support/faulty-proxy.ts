import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

import { afterFile } from './after-file.ts'

/**
 * What happens to bytes on their way, in both directions. `silent`: they are taken and go nowhere, and nothing is ever
 * closed. `slow`: each piece arrives so much later. `trickle`: so many bytes a second arrive. `reset`: the connection is
 * reset.
 */
export type Fault =
  | { readonly kind: 'silent' }
  | { readonly kind: 'slow'; readonly delayMs: number }
  | { readonly kind: 'trickle'; readonly bytesPerSecond: number }
  | { readonly kind: 'reset' }

export interface FaultyProxy {
  /** The target's URL, by way of the proxy. */
  readonly url: string
  /** How many connections are open now. */
  readonly connections: number
  /** How many pieces it has let fall silent. */
  readonly swallowed: number
  /** How many pieces it has passed on late. */
  readonly delayed: number
  /** Lets all connections that are open, and all that will be made until `heal`, suffer from a fault. */
  disturb(fault: Fault): void
  /** New connections are good again. Those that were disturbed stay as they are: who waits on them waits for ever. */
  heal(): void
  /** So are the connections that are open: as when a slow network recovers. What fell silent stays lost. */
  healOpen(): void
  stop(): Promise<void>
}

const TRICKLE_EVERY_MS = 50

/** A proxy in front of any peer that talks TCP: PostgreSQL, Redis, S3. It passes bytes on until it is set otherwise. */
export async function startFaultyProxy(targetUrl: string, defaultPort: number): Promise<FaultyProxy> {
  const target = new URL(targetUrl)
  const sockets = new Set<Socket>()
  const open = new Map<Socket, { fault: Fault | null }>()
  let swallowed = 0
  let delayed = 0
  let fault: Fault | null = null

  function handle(client: Socket): void {
    const state = { fault }
    const server = connect(Number(target.port || defaultPort), target.hostname)
    open.set(client, state)
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from)
      from.setNoDelay(true)
      // What ends one side ends the other; why is that side's affair.
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        open.delete(from)
        to.destroy()
      })
      from.on('data', () => {
        if (state.fault?.kind === 'silent') swallowed += 1
        if (state.fault?.kind === 'slow') delayed += 1
      })
      forward(from, to, state)
    }
    if (fault?.kind === 'reset') client.resetAndDestroy()
  }

  const proxy = createServer(handle).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const url = new URL(targetUrl)
  url.hostname = '127.0.0.1'
  url.port = String((proxy.address() as AddressInfo).port)
  return {
    url: url.href,
    get connections() {
      return open.size
    },
    get swallowed() {
      return swallowed
    },
    get delayed() {
      return delayed
    },
    disturb(next) {
      fault = next
      for (const [client, state] of open) {
        state.fault = next
        if (next.kind === 'reset') client.resetAndDestroy()
      }
    },
    heal() {
      fault = null
    },
    healOpen() {
      fault = null
      for (const state of open.values()) if (state.fault?.kind !== 'silent') state.fault = null
    },
    async stop() {
      proxy.close()
      for (const socket of sockets) socket.destroy()
      await once(proxy, 'close')
    },
  }
}

/** One that stops when the test file is done. */
export async function openFaultyProxy(targetUrl: string, defaultPort: number): Promise<FaultyProxy> {
  const proxy = await startFaultyProxy(targetUrl, defaultPort)
  afterFile(async () => proxy.stop())
  return proxy
}

/** Pieces stay in their order, whatever becomes of the connection between them. */
function forward(from: Socket, to: Socket, state: { readonly fault: Fault | null }): void {
  let last = Promise.resolve()
  from.on('data', (chunk: Buffer) => {
    if (state.fault?.kind === 'silent') return
    last = last.then(async () => {
      for await (const piece of delay(chunk, state)) {
        if (state.fault?.kind !== 'silent' && to.writable) to.write(piece)
      }
    })
  })
}

async function* delay(chunk: Buffer, state: { readonly fault: Fault | null }): AsyncGenerator<Buffer> {
  const { fault } = state
  if (fault?.kind === 'slow') await pass(fault.delayMs)
  if (fault?.kind !== 'trickle') {
    yield chunk
    return
  }
  const pieceBytes = Math.max(1, Math.round((fault.bytesPerSecond * TRICKLE_EVERY_MS) / 1_000))
  for (let start = 0; start < chunk.length; start += pieceBytes) {
    await pass(TRICKLE_EVERY_MS)
    yield chunk.subarray(start, start + pieceBytes)
  }
}

async function pass(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
