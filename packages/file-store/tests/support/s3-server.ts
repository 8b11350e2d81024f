import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import S3rver from 's3rver'

export interface S3Server {
  readonly endpoint: string
  close(): Promise<void>
}

/** An S3 server on a free port with one empty bucket, in a temporary folder. */
export async function startS3Server(bucket: string): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 's3-'))
  const s3rver = new S3rver({
    directory,
    silent: true,
    allowMismatchedSignatures: true,
    configureBuckets: [{ name: bucket }],
  })
  await s3rver.configureBuckets()
  const answerOthers = s3rver.callback()
  const uploadsFolder = join(directory, bucket, '._S3rver_uploads')
  const server = createServer((request, response) => {
    answerWhatS3rverCannot(request, response, directory, uploadsFolder).then(
      (answered) => {
        if (!answered) answerOthers(request, response)
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))),
    )
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
      await rm(directory, { recursive: true })
    },
  }
}

/**
 * The three requests about unfinished uploads that s3rver does not know, and a range of an empty object, which it gets
 * wrong; false when it is another one.
 */
async function answerWhatS3rverCannot(
  request: IncomingMessage,
  response: ServerResponse,
  directory: string,
  uploadsFolder: string,
): Promise<boolean> {
  const { searchParams, pathname } = new URL(request.url ?? '/', 'http://localhost')
  const uploadId = searchParams.get('uploadId')
  if (request.method === 'GET' && searchParams.has('uploads')) {
    const prefix = searchParams.get('prefix') ?? ''
    const uploads = await Promise.all(
      (await listNames(uploadsFolder)).map(async (id) => {
        const { birthtime } = await stat(join(uploadsFolder, id))
        const key = await readFile(join(uploadsFolder, id, 'key'), 'utf8')
        const isBelow = key.slice(prefix.length).includes(searchParams.get('delimiter') ?? '\0')
        if (!key.startsWith(prefix) || isBelow) return ''
        return `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${birthtime.toISOString()}</Initiated></Upload>`
      }),
    )
    sendXml(response, `<ListMultipartUploadsResult>${uploads.join('')}</ListMultipartUploadsResult>`)
    return true
  }
  if (request.method === 'GET' && request.headers.range !== undefined) {
    const isEmpty = (await readSize(`${join(directory, ...pathname.split('/'))}._S3rver_object`)) === 0
    if (isEmpty) sendXml(response, '<Error><Code>InvalidRange</Code></Error>', 416)
    return isEmpty
  }
  if (uploadId === null || !/^[\da-f]+$/.test(uploadId)) return false
  const folder = join(uploadsFolder, uploadId)
  if (request.method === 'DELETE') {
    await rm(folder, { recursive: true, force: true })
    response.writeHead(204).end()
    return true
  }
  if (request.method === 'GET') {
    const parts = await Promise.all(
      (await listNames(folder)).map(async (name) => {
        const { mtime } = await stat(join(folder, name))
        return `<Part><PartNumber>1</PartNumber><LastModified>${mtime.toISOString()}</LastModified></Part>`
      }),
    )
    sendXml(response, `<ListPartsResult><Key>${pathname}</Key>${parts.join('')}</ListPartsResult>`)
    return true
  }
  return false
}

function sendXml(response: ServerResponse, xml: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>${xml}`)
}

async function readSize(path: string): Promise<number | undefined> {
  return orIfMissing(async () => (await stat(path)).size, undefined)
}

async function listNames(folder: string): Promise<string[]> {
  return orIfMissing(() => readdir(folder), [])
}

async function orIfMissing<T, Missing>(read: () => Promise<T>, missing: Missing): Promise<T | Missing> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return missing
    throw error
  }
}
