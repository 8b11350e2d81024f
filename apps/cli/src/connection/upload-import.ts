import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'

import { describeUnreachable, explainRefusal, readJson, RequestError, type ImportView } from '@importer/client'
import { OPERATIONS } from '@importer/contracts'
import { Agent, request } from 'undici'

import { CliError } from '../framework/cli-error.ts'
import { retry } from './retry.ts'
import type { Source } from './open-source.ts'
import type { Server } from './servers-file.ts'

export interface Upload {
  readonly seriesId: string
  /** the form's fields beside the file, by the API's names */
  readonly fields: Readonly<Record<string, string>>
  readonly source: Source
  readonly idempotencyKey: string
}

export interface UploadOptions {
  readonly signal: AbortSignal
  readonly notify: (line: string) => void
  readonly retries: number
  /** Called with the bytes of the file that are sent; begins again at 0 when the upload is tried again. */
  readonly onProgress: (bytes: number) => void
}

export interface UploadedImport {
  /** as it was when it was accepted */
  readonly view: ImportView
  /** The same upload was taken before: no new import was made. */
  readonly isRepeated: boolean
}

/** The longest silence of a connection, also while the server stores what it has received. */
const SILENCE_MS = 120_000
const CONNECT_MS = 15_000
const ACCEPTED = OPERATIONS.createImport.success[0]

/** One name for a file with its options: the same call twice is one import. */
export function chooseIdempotencyKey({ seriesId, fields, source }: Omit<Upload, 'idempotencyKey'>): string {
  const options = Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const parts = [seriesId, options, source.name, source.bytes, source.sha256]
  return `cli-${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`
}

/**
 * Streams a file to the importer. After a cut connection, 429 and 5xx it is sent again under its Idempotency-Key, so that
 * however often it was received it is one import.
 */
export async function uploadImport(server: Server, upload: Upload, options: UploadOptions): Promise<UploadedImport> {
  const { retries, signal, notify } = options
  const agent = new Agent({
    connect: { timeout: CONNECT_MS },
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
  })
  try {
    return await retry(async () => send(agent, server, upload, options), { retries, signal, notify })
  } finally {
    await agent.destroy()
  }
}

async function send(
  agent: Agent,
  { url, apiKey }: Server,
  { seriesId, fields, source, idempotencyKey }: Upload,
  { signal, onProgress }: UploadOptions,
): Promise<UploadedImport> {
  const boundary = `redemptions-${randomUUID()}`
  const [head, tail] = frameFile(boundary, fields, source.name)
  const changes: CliError[] = []
  async function* body(): AsyncGenerator<Buffer> {
    yield head
    let sent = 0
    onProgress(sent)
    if (source.bytes > 0) {
      for await (const chunk of createReadStream(source.path, { end: source.bytes - 1 })) {
        yield chunk as Buffer
        sent += (chunk as Buffer).length
        onProgress(sent)
      }
    }
    if (sent !== source.bytes) {
      const change = new CliError(
        `${source.path} became shorter while it was sent; expected a file that nobody writes to`,
      )
      changes.push(change)
      throw change
    }
    yield tail
  }
  try {
    const answer = await request(`${url}/v1/series/${seriesId}/imports`, {
      dispatcher: agent,
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': String(head.length + source.bytes + tail.length),
        'idempotency-key': idempotencyKey,
      },
      body: Readable.from(body()),
      signal,
    })
    const text = await answer.body.text()
    if (answer.statusCode !== ACCEPTED.status) {
      throw explainRefusal('the upload', answer.statusCode, text, readHeader(answer.headers['retry-after']))
    }
    return {
      view: readJson(ACCEPTED.schema, text, answer.statusCode, url),
      isRepeated: readHeader(answer.headers['idempotency-replayed']) === 'true',
    }
  } catch (error) {
    signal.throwIfAborted()
    const [change] = changes
    if (change !== undefined) throw change
    throw error instanceof RequestError ? error : describeUnreachable(url, error)
  }
}

function readHeader(value: string | string[] | undefined): string | null {
  return typeof value === 'string' ? value : (value?.[0] ?? null)
}

/** What comes before the file and behind it (RFC 7578). */
function frameFile(boundary: string, fields: Upload['fields'], fileName: string): [head: Buffer, tail: Buffer] {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const name = fileName.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  const file = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: application/octet-stream\r\n\r\n`
  return [Buffer.from(parts.join('') + file), Buffer.from(`\r\n--${boundary}--\r\n`)]
}
