import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'

import { beforeEach, describe, expect, test, vi } from 'vitest'

import {
  beginMultipart,
  endMultipart,
  MULTIPART_TYPE,
  openRawConnection,
  writeHead,
  type RawConnection,
} from '../../test/raw-connection.ts'
import { SERIES, startIntake, type TestIntake } from '../../test/start-intake.ts'
import { CSV, GOOD_FIELDS } from '../../test/upload.ts'

const PATH = `/upload/redeemFile/${SERIES}`
const GIBIBYTE = 1024 ** 3

let connection: RawConnection
let before: Awaited<ReturnType<TestIntake['countStored']>>

const intake = await startIntake({ uploadIdleTimeoutMs: 400 })
beforeEach(async () => {
  before = await intake.countStored()
  connection = await openRawConnection(intake.port)
  return () => connection.socket.destroy()
})

function writeUploadHead(more: Record<string, string | number> = {}, key: string | null = intake.keys.write): string {
  return writeHead('POST', PATH, {
    ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
    'Content-Type': MULTIPART_TYPE,
    ...more,
  })
}

function expectNothingStored(): Promise<void> {
  return vi.waitFor(async () => expect(await intake.countStored()).toEqual(before), { timeout: 5_000, interval: 20 })
}

/** Sends for as long as the connection takes it, as a client does that looks at no answer before it has sent all. */
async function sendEndlessly(socket: RawConnection['socket'], until: () => boolean): Promise<void> {
  const chunk = 'x'.repeat(64 * 1024)
  while (!until() && !socket.destroyed) {
    if (socket.write(chunk)) continue
    await Promise.race([once(socket, 'drain'), once(socket, 'close')])
  }
}

describe('a client that goes away', () => {
  test.each([
    ['in the middle of the file', () => beginMultipart(GOOD_FIELDS, CSV.repeat(2_000))],
    ['in the middle of a field', () => beginMultipart(GOOD_FIELDS, CSV).slice(0, 60)],
    ['before the last boundary', () => beginMultipart(GOOD_FIELDS, CSV) + endMultipart().slice(0, -6)],
    ['after its head', () => ''],
  ])('%s leaves nothing behind', async (_name, body) => {
    connection.socket.write(writeUploadHead({ 'Content-Length': 900_000 }) + body())
    // Something of the file is on the disk before the client goes, where there is a file at all.
    if (body().length > 100_000) {
      await vi.waitFor(async () => expect((await intake.countStored()).files).toBe(before.files + 1), {
        timeout: 10_000,
      })
    }
    connection.socket.destroy()
    await expectNothingStored()
  })

  test('by a reset leaves nothing behind', async () => {
    connection.socket.write(writeUploadHead({ 'Transfer-Encoding': 'chunked' }))
    const body = beginMultipart(GOOD_FIELDS, CSV.repeat(5_000))
    connection.socket.write(`${body.length.toString(16)}\r\n${body}\r\n`)
    await vi.waitFor(async () => expect((await intake.countStored()).files).toBe(before.files + 1), { timeout: 10_000 })
    connection.socket.resetAndDestroy()
    await expectNothingStored()
  })

  test('and ends its side before the body is complete leaves nothing behind', async () => {
    connection.socket.end(writeUploadHead({ 'Content-Length': 900_000 }) + beginMultipart(GOOD_FIELDS, CSV))
    await connection.waitForEnd()
    await expectNothingStored()
  })
})

test('an upload that stands still is cut and notified', async () => {
  connection.socket.write(writeUploadHead({ 'Content-Length': 900_000 }) + beginMultipart(GOOD_FIELDS, CSV))
  const answer = await connection.waitFor(/\r\n\r\n\{.*\}$/s)
  expect(answer).toMatch(/^HTTP\/1\.1 408 .*"code":"REQUEST_TIMEOUT"/s)
  await expectNothingStored()
})

test('an upload that comes drop by drop is not cut', async () => {
  const body = beginMultipart(GOOD_FIELDS, CSV) + endMultipart()
  connection.socket.write(writeUploadHead({ 'Content-Length': body.length }))
  const drops = 8
  for (let drop = 0; drop < drops; drop += 1) {
    connection.socket.write(body.slice((body.length * drop) / drops, (body.length * (drop + 1)) / drops))
    // Shorter than the idle time each, longer than it together: the time itself is what is tested.
    await setTimeout(100)
  }
  expect(await connection.waitFor(/\}$/)).toMatch(/^HTTP\/1\.1 200 /)
})

describe('an answer in the middle of the upload reaches the client', () => {
  test.each([
    ['401', () => writeUploadHead({ 'Content-Length': 6 * GIBIBYTE }, null), 'UNAUTHORIZED'],
    ['403', () => writeUploadHead({ 'Content-Length': 6 * GIBIBYTE }, intake.keys.read), 'FORBIDDEN'],
    ['413', () => writeUploadHead({ 'Content-Length': 6 * GIBIBYTE }), 'PAYLOAD_TOO_LARGE'],
    ['400', () => writeUploadHead({ 'Content-Length': 6 * GIBIBYTE, 'Content-Type': 'text/csv' }), 'NOT_MULTIPART'],
    ['404', () => writeUploadHead({ 'Content-Length': 6 * GIBIBYTE }).replace(PATH, `${PATH}1`), 'SERIES_NOT_FOUND'],
  ])('%s, without a byte of the body', async (status, head, code) => {
    connection.socket.write(head())
    const answer = await connection.waitFor(/\r\n\r\n\{.*\}$/s)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*"code":"${code}"`, 's'))
    expect(answer).toMatch(/\r\nConnection: close\r\n/i)
    await expectNothingStored()
  })

  test('to a client that sends on and on, and its connection is not reset under it', async () => {
    connection.socket.write(writeUploadHead({ 'Content-Length': 6 * GIBIBYTE }))
    const sent = sendEndlessly(connection.socket, () => connection.socket.bytesWritten > 20 * 1024 * 1024)
    await sent
    expect(connection.socket.destroyed).toBe(false)
    expect(connection.received()).toMatch(/^HTTP\/1\.1 413 .*"code":"PAYLOAD_TOO_LARGE"/s)
  })

  test('when a body without a declared length grows too large', async () => {
    connection.socket.write(writeUploadHead({ 'Transfer-Encoding': 'chunked' }))
    const body = beginMultipart(GOOD_FIELDS, 'x'.repeat(1024 * 1024 + 1))
    connection.socket.write(`${body.length.toString(16)}\r\n${body}`)
    expect(await connection.waitFor(/\}$/)).toMatch(/^HTTP\/1\.1 413 /)
    await expectNothingStored()
  })

  test('when the multipart body is broken', async () => {
    connection.socket.write(writeUploadHead({ 'Content-Length': 900_000 }))
    connection.socket.write(beginMultipart(GOOD_FIELDS, CSV).replaceAll('Content-Disposition', 'Content\u0001'))
    expect(await connection.waitFor(/\}$/)).toMatch(/^HTTP\/1\.1 400 .*MALFORMED_MULTIPART/s)
    await expectNothingStored()
  })
})

describe('Expect: 100-continue', () => {
  test('is granted once the head is good, then the upload goes on', async () => {
    const body = beginMultipart(GOOD_FIELDS, CSV) + endMultipart()
    connection.socket.write(writeUploadHead({ 'Content-Length': body.length, Expect: '100-continue' }))
    expect(await connection.waitFor(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    connection.socket.write(body)
    expect(await connection.waitFor(/\}$/)).toMatch(/\r\n\r\nHTTP\/1\.1 200 /)
  })

  test.each([
    ['401', () => writeUploadHead({ 'Content-Length': 1_000, Expect: '100-continue' }, 'unknown-key-0123456789')],
    ['413', () => writeUploadHead({ 'Content-Length': 6 * GIBIBYTE, Expect: '100-continue' })],
  ])('is answered with %s alone when the head is not', async (status, head) => {
    connection.socket.write(head())
    expect(await connection.waitFor(/\}$/)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })
})

test('a connection goes on after a refusal whose body had come already', async () => {
  const body = beginMultipart(GOOD_FIELDS, CSV) + endMultipart()
  const refused = writeUploadHead({ 'Content-Length': body.length }, null) + body
  connection.socket.write(refused)
  await connection.waitFor(/"UNAUTHORIZED".*\}$/s)
  connection.socket.write(writeHead('GET', '/healthz', {}))
  expect(await connection.waitFor(/"ok"\}$/)).toMatch(/HTTP\/1\.1 200 OK/)
})
