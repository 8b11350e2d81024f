import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { startS3Server, type S3Server } from '../tests/support/s3-server.ts'
import { createFileStore } from './create-file-store.ts'
import { FileMissingError, type FileStore } from './file-store.ts'
import { StorageUnavailableError } from './storage-errors.ts'

const ABSENT = 'uploads/2026-01-02/03/00000000-0000-4000-8000-000000000000'

const EMPTY_LIST = '<?xml version="1.0"?><ListBucketResult><Name>bucket</Name></ListBucketResult>'

let s3: S3Server

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'S3RVER')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S3RVER')
  vi.stubEnv('AWS_REGION', undefined)
  // The SDK sends each request once: what it does about failures is its own affair.
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1')
  s3 = await startS3Server('bucket')
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await s3.close()
})

async function openStore(endpoint: string, bucket = 'bucket'): Promise<FileStore> {
  return createFileStore({ storageUrl: `s3://${bucket}/files`, dataDir: '/nowhere', s3Endpoint: endpoint })
}

async function listAll(store: FileStore): Promise<void> {
  for await (const entry of store.listPeriod('2026-01-02/03')) throw new Error(`there is ${entry.name}`)
}

/** Every request of a store that reads or writes fails in the same way. */
async function expectUnavailable(store: FileStore, reason: RegExp): Promise<void> {
  const attempts = [
    store.ping(),
    store.size(ABSENT),
    buffer(store.read(ABSENT)),
    store.remove(ABSENT),
    store.readIdentity(),
    store.writeIdentity('id'),
    store.write(Readable.from([Buffer.from('a')]), { maxBytes: 100 }),
    listAll(store),
  ]
  for (const outcome of await Promise.allSettled(attempts)) {
    const failure: unknown = outcome.status === 'rejected' ? outcome.reason : outcome.value
    expect(failure).toBeInstanceOf(StorageUnavailableError)
    expect(failure).toMatchObject({ code: 'STORAGE_UNAVAILABLE', message: expect.stringMatching(reason) })
  }
}

/** A server that answers every request with one error. */
async function startFailing(answer: (response: ServerResponse) => void): Promise<{ server: Server; endpoint: string }> {
  const server = createServer((request, response) => {
    request.resume()
    answer(response)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return { server, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function answerXml(status: number, code: string): (response: ServerResponse) => void {
  return (response) => {
    response
      .writeHead(status, { 'content-type': 'application/xml' })
      .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>secret-host:1234</Message></Error>`)
  }
}

describe('an S3 that fails is unavailable, and no file is missing', () => {
  it('when there is no such bucket', async () => {
    await expectUnavailable(await openStore(s3.endpoint, 'absent'), /NoSuchBucket \(HTTP 404\)/)
    await expect((await openStore(s3.endpoint, 'absent')).ping()).rejects.toMatchObject({
      advice: expect.stringContaining('there is no bucket for s3://absent/files/uploads. Set STORAGE_URL'),
    })
  })

  it('when there is no server', async () => {
    await expectUnavailable(await openStore('http://127.0.0.1:1'), /ECONNREFUSED/)
  })

  it.each([
    [503, 'SlowDown'],
    [503, 'ServiceUnavailable'],
    [500, 'InternalError'],
    [403, 'AccessDenied'],
    [403, 'InvalidAccessKeyId'],
    [403, 'SignatureDoesNotMatch'],
    [403, 'RequestTimeTooSkewed'],
    [400, 'ExpiredToken'],
    [301, 'PermanentRedirect'],
  ])('when it answers %d %s', async (status, code) => {
    const { server, endpoint } = await startFailing(answerXml(status, code))
    await expectUnavailable(
      await openStore(endpoint),
      new RegExp(`^the storage is unavailable: ${code} \\(HTTP ${status}\\)$`),
    )
    server.close()
  })

  it('when something else answers', async () => {
    const { server, endpoint } = await startFailing((response) => response.writeHead(404).end('<html>no page</html>'))
    await expectUnavailable(await openStore(endpoint), /^the storage is unavailable: .*$/)
    server.close()
  })

  it('when it hangs up', async () => {
    const { server, endpoint } = await startFailing((response) => response.destroy())
    await expectUnavailable(await openStore(endpoint), /ECONNRESET|TimeoutError/)
    server.close()
  })

  it.each<[string, number, Record<string, string>, string]>([
    [
      'fewer bytes than it announces and hangs up',
      206,
      { 'content-range': 'bytes 0-9/10', 'content-length': '10' },
      '012',
    ],
    ['fewer bytes than it announces and says nothing', 206, { 'content-range': 'bytes 0-9/10' }, '012'],
    ['fewer bytes than it was asked for and has', 206, { 'content-range': 'bytes 0-2/10' }, '012'],
    ['other bytes than it was asked for', 206, { 'content-range': 'bytes 3-9/10' }, '3456789'],
    ['the whole of a large file', 200, {}, 'x'.repeat(5_000_000)],
  ])('when it sends %s', async (_name, status, headers, body) => {
    const { server, endpoint } = await startFailing((response) => {
      response.writeHead(status, { 'content-length': String(body.length), ...headers }).write(body, () => {
        if (headers['content-length'] === undefined) response.end()
        else response.destroy()
      })
    })
    const store = await openStore(endpoint)
    await expect(buffer(store.read(ABSENT))).rejects.toThrow(StorageUnavailableError)
    server.close()
  })

  it('when the folder for temporary files cannot be written, where parts are gathered', async () => {
    vi.stubEnv('TMPDIR', '/nowhere')
    const store = await openStore(s3.endpoint)
    const write = store.write(Readable.from([Buffer.alloc(1024 * 1024)]), { maxBytes: 2 * 1024 * 1024 })
    await expect(write).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('ENOENT'),
    })
    vi.stubEnv('TMPDIR', undefined)
  })

  it('while a server that sends the whole of a small file to a request for its beginning is fine', async () => {
    const { server, endpoint } = await startFailing((response) =>
      response.writeHead(200, { 'content-length': '10' }).end('0123456789'),
    )
    const store = await openStore(endpoint)
    expect((await buffer(store.read(ABSENT))).toString()).toBe('0123456789')
    server.close()
  })

  it('while a bucket without the file says so', async () => {
    const store = await openStore(s3.endpoint)
    await expect(store.size(ABSENT)).rejects.toThrow(FileMissingError)
    await expect(buffer(store.read(ABSENT))).rejects.toThrow(FileMissingError)
  })
})

describe('a ping', () => {
  it('writes one object, the same for every process, and only reads for a minute after that', async () => {
    const requests: string[] = []
    const { server, endpoint } = await startFailing((response) => {
      requests.push(`${response.req.method} ${new URL(response.req.url ?? '', 'http://s3').pathname}`)
      response.end(EMPTY_LIST)
    })
    const stores = [await openStore(endpoint), await openStore(endpoint)]
    for (const store of [...stores, ...stores]) await store.ping()
    expect(requests.filter((request) => !request.startsWith('GET '))).toEqual([
      'PUT /bucket/files/uploads/write-probe',
      'PUT /bucket/files/uploads/write-probe',
    ])
    expect(requests.filter((request) => request.startsWith('GET '))).toHaveLength(4)
    server.close()
  })

  it('fails where a bucket can be read and not be written, until it can', async () => {
    let isWritable = false
    const { server, endpoint } = await startFailing((response) => {
      if (response.req.method === 'PUT' && !isWritable) answerXml(403, 'AccessDenied')(response)
      else response.end(EMPTY_LIST)
    })
    const store = await openStore(endpoint)
    await expect(store.ping()).rejects.toThrow(StorageUnavailableError)
    isWritable = true
    await store.ping()
    server.close()
  })
})
