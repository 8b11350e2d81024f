import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'

import { afterEach, beforeAll, describe, expect, it } from 'vitest'

import { makeTemporaryFolder } from '../../../tests/support/temporary-folder.ts'
import { createClient, type ImporterClient } from './create-client.ts'
import { RequestError } from './request-error.ts'
import type { ImportView } from './operation-types.ts'
import { openFile } from './terminal/open-file.ts'
import { createProgressDisplay } from './terminal/progress-display.ts'
import { waitForImport } from './wait-for-import.ts'

const VIEW: ImportView = {
  id: 7,
  seriesId: 3,
  status: 'processing',
  outcome: null,
  fileName: 'a.csv',
  bytes: 10,
  sha256: 'ab',
  headerRow: true,
  delimiter: ',',
  progress: { percent: 42.5, bytesRead: 4, rowsRead: 42_500, rowsPerSecond: 31_000, etaSeconds: 2 },
  counts: { rows: 42_500, inserted: 42_000, duplicates: 0, rejected: 500 },
  errorsByCode: { INVALID_DATE: 500 },
  details: null,
  metadata: null,
  dryRun: false,
  attempts: 1,
  corrections: null,
  retryOf: null,
  retriedAs: null,
  profile: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:00.100Z',
  finishedAt: null,
  updatedAt: '2026-01-01T00:00:01.000Z',
  delay: null,
  failure: null,
  links: {
    self: 'http://127.0.0.1/v1/imports/7',
    errors: 'http://127.0.0.1/v1/imports/7/errors.csv',
    inserted: 'http://127.0.0.1/v1/imports/7/inserted.csv',
    duplicates: 'http://127.0.0.1/v1/imports/7/duplicates.csv',
    unprocessed: 'http://127.0.0.1/v1/imports/7/unprocessed.csv',
    file: 'http://127.0.0.1/v1/imports/7/file',
    events: 'http://127.0.0.1/v1/imports/7/events',
  },
}

let folder: string
let file: string
let server: Server | undefined

beforeAll(async () => {
  folder = await makeTemporaryFolder()
  file = path.join(folder, 'coupons.csv')
  await writeFile(file, 'id,code\n1,A\n')
})

afterEach(() => {
  server?.close()
  server?.closeAllConnections()
})

/** A server that answers as the test says, and a client of it. */
async function serve(listener: RequestListener): Promise<ImporterClient> {
  server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port')
  return createClient({ url: `http://127.0.0.1:${address.port}/`, apiKey: 'the-key' })
}

function answer(status: number, body: unknown): RequestListener {
  return (request, response) => {
    request.resume()
    response.writeHead(status, { 'Content-Type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

describe('the client', () => {
  it('sends a file as it is, with the key', async () => {
    const seen: { request: IncomingMessage; body: string }[] = []
    const client = await serve((request, response) => {
      text(request).then(
        (body) => {
          seen.push({ request, body })
          response.end('{"received":1,"inserted":1,"updated":0,"rejected":0,"errors":[]}')
        },
        (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
      )
    })
    expect(await client.loadReference({ kind: 'coupons', body: await openFile(file) })).toMatchObject({ received: 1 })
    expect(seen[0]?.request).toMatchObject({
      method: 'PUT',
      url: '/v1/reference/coupons',
      headers: { authorization: 'Bearer the-key', 'content-type': 'text/csv', 'content-length': '12' },
    })
    expect(seen[0]?.body).toBe('id,code\n1,A\n')
  })

  it.each<[string, number, unknown, string]>([
    [
      'the compatible API',
      400,
      { success: false, errors: [{ message: 'this is missing' }, { message: 'that is wrong' }] },
      '"Retrieve an import" is refused with HTTP 400: this is missing; that is wrong',
    ],
    [
      'a problem',
      404,
      { detail: 'there is no such import' },
      '"Retrieve an import" is refused with HTTP 404: there is no such import',
    ],
    [
      'a problem with several faults',
      400,
      { detail: 'one', errors: [{ message: 'one' }, { message: 'two' }] },
      '"Retrieve an import" is refused with HTTP 400: one; two',
    ],
    ["a proxy's page", 502, '<html>', '"Retrieve an import" is refused with HTTP 502: it gives no reason'],
  ])('reports the reasons of a refusal in one line: %s', async (_name, status, body, message) => {
    const client = await serve(answer(status, body))
    await expect(client.showImport({ importId: 7 })).rejects.toEqual(new RequestError(message, status))
  })

  it('says that something else answers', async () => {
    const client = await serve(answer(200, '<html>'))
    await expect(client.showImport({ importId: 7 })).rejects.toThrow(
      /answers as no importer does; expected the address of one$/,
    )
  })

  it('says that nobody answers', async () => {
    const client = createClient({ url: 'http://127.0.0.1:1', apiKey: 'k' })
    await expect(client.showSession()).rejects.toThrow(
      /^http:\/\/127\.0\.0\.1:1 does not answer \(.+\); expected a running importer there$/,
    )
  })

  it('says that a file cannot be read', async () => {
    const missing = path.join(folder, 'missing.csv')
    await expect(openFile(missing)).rejects.toThrow(`${missing} cannot be read (ENOENT); expected a CSV file`)
    await expect(openFile(folder)).rejects.toThrow(`${folder} is no file; expected a CSV file`)
  })
})

describe('waiting for an import', () => {
  it('outlasts a server that is away for a moment', async () => {
    const views = [VIEW, null, { ...VIEW, status: 'completed', outcome: 'success' }]
    const client = await serve((request, response) => {
      const view = views.shift()
      answer(view === null ? 503 : 200, view ?? {})(request, response)
    })
    const seen: string[] = []
    const end = await waitForImport(client, 7, { onProgress: ({ status }) => seen.push(status) })
    expect(end.status).toBe('completed')
    expect(seen).toEqual(['processing', 'completed'])
  })

  it('ends at once when the import is not there', async () => {
    const client = await serve(answer(404, { detail: 'there is no such import' }))
    await expect(waitForImport(client, 7)).rejects.toThrow('there is no such import')
  })
})

describe('the progress of an import', () => {
  it('is reported in plain lines where there is no terminal', async () => {
    const stream = new PassThrough()
    const display = createProgressDisplay(stream)
    display.update({ ...VIEW, status: 'queued' })
    display.update(VIEW)
    display.update({ ...VIEW, status: 'completed', progress: { ...VIEW.progress, percent: 100, etaSeconds: 0 } })
    display.stop()
    stream.end()
    expect(await text(stream)).toBe('queued\n100.0 %  42,500 rows  31,000 rows/s\n')
  })

  it('is a bar on a terminal', async () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 120 })
    const display = createProgressDisplay(stream)
    display.update(VIEW)
    display.stop()
    stream.end()
    const shown = await text(stream)
    expect(shown).toContain('█'.repeat(13) + '░'.repeat(17))
    expect(shown).toContain('42.5 %  42,500 rows  31,000 rows/s  2 s left')
  })
})
