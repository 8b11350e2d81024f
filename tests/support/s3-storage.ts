import { once } from 'node:events'
import { createServer, request as sendRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { startS3Server } from '../../packages/file-store/tests/support/s3-server.ts'
import { afterFile } from './after-file.ts'
import { startFaultyProxy, type FaultyProxy } from './faulty-proxy.ts'

/**
 * What S3 does to requests. `refuse`: it answers with an error. `cut`: it hangs up after so many bytes of an object. `hold-parts`: it
 * takes the parts of uploads and answers none, and hangs up on them when it ends.
 */
export type S3Fault =
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string }
  | { readonly kind: 'cut'; readonly afterBytes: number }
  | { readonly kind: 'hold-parts' }

export interface S3Storage {
  /** The variables of a process that keeps its files there, undisturbed. */
  readonly env: Readonly<Record<string, string>>
  /** The same, for a process whose requests pass whatever is disturbed. */
  readonly disturbedEnv: Readonly<Record<string, string>>
  /** The way of the disturbed requests: its connections can fall silent, be slow, trickle or be reset. */
  readonly network: FaultyProxy
  /** From now on every disturbed request suffers from this; null: none. */
  suffer(fault: S3Fault | null): void
  /** How many disturbed requests there were. */
  readonly requests: { count: number }
  /** Of them: how many reads of objects there were, and how many of their bytes were sent. */
  readonly reads: { count: number; bytes: number }
  stop(): Promise<void>
}

const BUCKET = 'bucket'

/** An S3 with an empty bucket, and a way to it on which everything can go wrong that does with the real one. */
export async function startS3Storage(): Promise<S3Storage> {
  const s3 = await startS3Server(BUCKET)
  const requests = { count: 0 }
  const reads = { count: 0, bytes: 0 }
  const held = new Set<ServerResponse>()
  let fault: S3Fault | null = null

  function handle(incoming: IncomingMessage, response: ServerResponse): void {
    requests.count += 1
    if (fault?.kind === 'refuse') {
      refuse(incoming, response, fault)
      return
    }
    if (fault?.kind === 'hold-parts' && incoming.url?.includes('partNumber=') === true) {
      incoming.resume()
      held.add(response)
      response.on('close', () => held.delete(response))
      return
    }
    const isRead = incoming.method === 'GET' && incoming.headers.range !== undefined
    const options = { method: incoming.method, headers: incoming.headers, agent: false }
    const outgoing = sendRequest(new URL(incoming.url ?? '/', s3.endpoint), options, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      let left = isRead && fault?.kind === 'cut' ? fault.afterBytes : Infinity
      if (isRead) reads.count += 1
      answer.on('data', (chunk: Buffer) => {
        const passed = chunk.subarray(0, left)
        left -= passed.length
        if (isRead) reads.bytes += passed.length
        // All that is to arrive has been sent before the connection ends.
        if (passed.length < chunk.length) response.write(passed, () => response.destroy())
        else response.write(passed)
      })
      answer.on('end', () => response.end())
    })
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  }

  const server = createServer(handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const network = await startFaultyProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 80)
  const common = { STORAGE_URL: `s3://${BUCKET}/files`, AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }
  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    await network.stop()
    server.closeAllConnections()
    server.close()
    await s3.close()
  }
  const storage: S3Storage = {
    env: { ...common, S3_ENDPOINT: s3.endpoint },
    disturbedEnv: { ...common, S3_ENDPOINT: network.url },
    network,
    suffer(next) {
      fault = next
      for (const response of held) response.destroy()
    },
    requests,
    reads,
    stop() {
      stopping ??= stop()
      return stopping
    },
  }
  // What a test that failed has forgotten.
  afterFile(async () => storage.stop())
  return storage
}

/** As S3 does: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function refuse(
  incoming: IncomingMessage,
  response: ServerResponse,
  { status, code }: { status: number; code: string },
): void {
  incoming.resume()
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(
      incoming.method === 'HEAD'
        ? ''
        : `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
    )
}
