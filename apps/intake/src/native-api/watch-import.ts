import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

import { describeImport } from '@importer/contracts'
import type { ImportRecord } from '@importer/db'
import type { Request, Response } from 'express'

import { readBaseUrl } from '../http/base-url.ts'
import { makeEntityTag } from '../http/entity-tag.ts'

export interface WatchOptions {
  readonly request: Request
  readonly response: Response
  /** The import as it is now: the shared record that every poll of it reads, in whichever process. */
  readonly look: () => Promise<ImportRecord>
  /** Whether the client may still look: its key may be revoked, or its session over. */
  readonly isAllowed: () => Promise<boolean>
  readonly publicUrl: string | undefined
  readonly stopping: AbortSignal
}

const LOOK_EVERY_MS = 250
/** With the look that comes next and what a busy process adds, this is within the second that is promised. */
const SEND_EVERY_MS = 700
/** How soon a client comes back after its connection ended before the import did. */
const RECONNECT_AFTER_MS = 1_000

/**
 * Tells of an import as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): `progress`
 * when it has changed and at least once a second, then `end`, and the answer is over.
 *
 * An event holds the whole import and its id is that of its content. So nothing is lost with the events that a client
 * missed, any process can go on where another one ended, and a client that has received the end gets 204, upon
 * which it does not come back.
 */
export async function watchImport({
  request,
  response,
  look,
  isAllowed,
  publicUrl,
  stopping,
}: WatchOptions): Promise<void> {
  const baseUrl = readBaseUrl(request, publicUrl)
  const render = (record: ImportRecord) => {
    const view = describeImport(record, baseUrl)
    // Without its links, which are others where another process is asked under another name.
    const id = makeEntityTag(JSON.stringify({ ...view, links: null })).replaceAll('"', '')
    return { data: JSON.stringify(view), id }
  }
  let record = await look()
  const heard = request.headers['last-event-id']
  let last = { ...render(record), sentAt: -Infinity }
  if (isOver(record) && heard === last.id) {
    response.statusCode = 204
    response.end()
    return
  }
  response.statusCode = 200
  response.setHeader('Content-Type', 'text/event-stream; charset=utf-8')
  // A proxy that compresses would keep the events back until it has a bufferful; nginx is configured by a header of its own.
  response.setHeader('Cache-Control', 'no-store, no-transform')
  response.setHeader('X-Accel-Buffering', 'no')
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const stop = AbortSignal.any([stopping, gone.signal])
  response.write(`retry: ${RECONNECT_AFTER_MS}\n\n`)
  while (!stop.aborted) {
    const { data, id } = render(record)
    const now = performance.now()
    if (id !== last.id || now - last.sentAt >= SEND_EVERY_MS || isOver(record)) {
      last = { data, id, sentAt: now }
      const event = isOver(record) ? 'end' : 'progress'
      // A client that does not read is not written to: what it misses is in the next event.
      if (!response.write(`event: ${event}\nid: ${id}\ndata: ${data}\n\n`))
        await waitFor(once(response, 'drain', { signal: stop }))
    }
    if (isOver(record)) break
    await waitFor(delay(LOOK_EVERY_MS, undefined, { signal: stop }))
    if (stop.aborted || !(await isAllowed())) break
    record = await look()
  }
  response.end()
}

/** Waits, or until there is nothing to wait for any more. */
async function waitFor(event: Promise<unknown>): Promise<void> {
  await event.catch((error: unknown) => {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error
  })
}

function isOver({ status, revertRequested }: ImportRecord): boolean {
  if (status === 'queued' || status === 'processing') return false
  return !revertRequested || status === 'reverted'
}
