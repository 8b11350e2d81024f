import { describe, expect, test, vi } from 'vitest'

import { beginMultipart, MULTIPART_TYPE, openRawConnection, writeHead } from '../../test/raw-connection.ts'
import { SERIES, startIntake } from '../../test/start-intake.ts'
import { CSV, GOOD_FIELDS } from '../../test/upload.ts'

const intake = await startIntake({ headTimeoutMs: 300 })

/** Sends the bytes, and gives what came back until the server closed the connection. */
async function send(bytes: string, options: { readonly isEnded?: boolean } = {}): Promise<string> {
  const { socket, received, waitForEnd } = await openRawConnection(intake.port)
  // As a client does that closes once it has the answer.
  socket.on('data', () => {
    if (/Connection: close\r\n[^]*\}$/.test(received())) socket.end()
  })
  socket.write(bytes)
  if (options.isEnded === true) socket.end()
  return waitForEnd()
}

interface Refused {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

/** The last answer of what came back. */
function readRefusal(received: string): Refused {
  const [head = '', text = ''] = received.slice(received.lastIndexOf('HTTP/1.1 ')).split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers = new Headers(lines.map((line): [string, string] => line.split(/: (.*)/, 2) as [string, string]))
  expect(headers.get('content-length')).toBe(String(text.length))
  return { status: Number(first.split(' ')[1]), headers, body: JSON.parse(text) }
}

/** That it was refused in full: with headers that every answer has, a closed connection, and a line of the log. */
async function expectRefusal({ headers, status }: Refused, code: string): Promise<void> {
  expect([headers.get('connection'), headers.get('x-content-type-options')]).toEqual(['close', 'nosniff'])
  const requestId = headers.get('x-request-id') ?? 'no id'
  await vi.waitFor(
    () => {
      const lines = intake.logged
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((line) => line['requestId'] === requestId)
      expect(lines).toEqual([expect.objectContaining({ msg: 'request', status, errorCode: code })])
    },
    { timeout: 10_000 },
  )
}

const UPLOAD = writeHead('POST', `/upload/redeemFile/${SERIES}`, {
  Authorization: `Bearer ${intake.keys.write}`,
  'Content-Type': MULTIPART_TYPE,
  'Transfer-Encoding': 'chunked',
})
const NATIVE_UPLOAD = UPLOAD.replace(`/upload/redeemFile/${SERIES}`, `/v1/series/${SERIES}/imports`)
const CHUNK = `400\r\n${beginMultipart(GOOD_FIELDS, CSV.repeat(99)).slice(0, 0x400)}\r\n`

describe('a request that cannot be read is answered as a problem, since its path is not known', () => {
  test.each([
    ['is no HTTP', 'hello\r\n\r\n', 400, 'MALFORMED_REQUEST', /not HTTP.*; expected/],
    [
      'has a header with a wrong character',
      'GET / HTTP/1.1\r\nHost: a\r\nX\u0001: a\r\n\r\n',
      400,
      'MALFORMED_REQUEST',
      /expected/,
    ],
    [
      'has too large a head',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
      /16384 bytes.*shorten/,
    ],
    [
      'has too long an address',
      `GET /v1/imports?q=${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
      /shorten/,
    ],
    ['has a head that does not end', 'GET / HTTP/1.1\r\nHost: a\r\n', 408, 'REQUEST_TIMEOUT', /send the request again/],
    [
      'has both lengths',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
      'MALFORMED_REQUEST',
      /expected/,
    ],
  ])('one that %s', async (_name, bytes, status, code, detail) => {
    const refused = readRefusal(await send(bytes))
    expect(refused.body).toMatchObject({ type: 'about:blank', status, code, detail: expect.stringMatching(detail) })
    expect([refused.status, refused.headers.get('content-type')]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ])
    await expectRefusal(refused, code)
  })

  test('one whose client ends its side before the head is complete', async () => {
    const refused = readRefusal(await send('GET / HTTP/1.1\r\nHost: a\r\n', { isEnded: true }))
    expect(refused.body).toMatchObject({ status: 400, code: 'MALFORMED_REQUEST' })
    await expectRefusal(refused, 'MALFORMED_REQUEST')
  })

  test('one behind requests that are answered before', async () => {
    const get = (path: string) => writeHead('GET', path, {})
    const received = await send(`${get('/healthz')}${get('/nothing')}nonsense\r\n\r\n`)
    const statuses = [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
    expect(statuses).toEqual([200, 404, 400])
    await expectRefusal(readRefusal(received), 'MALFORMED_REQUEST')
  })
})

describe('a body that cannot be read is answered by the API that it was sent to', () => {
  const broken = `${CHUNK}no chunk\r\n`
  const extended = `${CHUNK}400;${'x'.repeat(20_000)}\r\n`
  test.each([
    ['400', 'that is no chunk', broken, 'MALFORMED_REQUEST', 'request'],
    ['413', 'with chunk extensions without end', extended, 'PAYLOAD_TOO_LARGE', 'body'],
  ])('with %s, one %s', async (status, _name, body, code, field) => {
    const compatible = readRefusal(await send(UPLOAD + body))
    expect(compatible.body).toEqual({
      success: false,
      status: Number(status),
      errors: [{ code, field, message: expect.stringContaining('chunk') }],
    })
    await expectRefusal(compatible, code)
    const native = readRefusal(await send(NATIVE_UPLOAD + body))
    expect(native.body).toMatchObject({ type: 'about:blank', status: Number(status), code })
    await expectRefusal(native, code)
    const nothing = { imports: 0, files: 0, jobs: 0 }
    await vi.waitFor(async () => expect(await intake.countStored()).toEqual(nothing), { timeout: 5_000, interval: 20 })
  })

  test('with 400, one whose client ends its side before it is complete', async () => {
    const refused = readRefusal(await send(UPLOAD + CHUNK, { isEnded: true }))
    expect(refused.body).toMatchObject({ success: false, status: 400, errors: [{ code: 'MALFORMED_REQUEST' }] })
    await expectRefusal(refused, 'MALFORMED_REQUEST')
  })
})

test('what was kept for a body that cannot be read is given up with its answer, the idempotency key, too', async () => {
  const key = 'Idempotency-Key: cut-upload\r\n'
  const withKey = NATIVE_UPLOAD.replace('\r\n', `\r\n${key}`)
  const whole = `${beginMultipart(GOOD_FIELDS, CSV)}\r\n--test-boundary--\r\n`
  for (const [body, isEnded] of [
    [CHUNK, true],
    [`${CHUNK}no chunk\r\n`, false],
  ] as const) {
    expect(readRefusal(await send(withKey + body, { isEnded })).status).toBe(400)
    const nothing = { imports: 0, files: 0, jobs: 0 }
    await vi.waitFor(async () => expect(await intake.countStored()).toEqual(nothing), { timeout: 10_000, interval: 20 })
  }
  const sent = withKey.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')
  await vi.waitFor(
    async () =>
      expect(await send(`${sent}${whole.length.toString(16)}\r\n${whole}\r\n0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 202 /),
    { timeout: 10_000 },
  )
})

describe('a head that Node refuses by itself is answered by the API that it was sent to', () => {
  const heads = [
    ['without a Host', 400, 'INVALID_VALUE', (path: string) => `GET ${path} HTTP/1.1\r\nConnection: close\r\n\r\n`],
    [
      'with another expectation',
      417,
      'EXPECTATION_FAILED',
      (path: string) => writeHead('GET', path, { Expect: 'the-moon', Connection: 'close' }),
    ],
  ] as const
  test.each(heads)('one %s: %i', async (_name, status, code, write) => {
    const compatible = readRefusal(await send(write(`/upload/getUploadRedeemedCouponStatus/${SERIES}`)))
    expect(compatible.body).toMatchObject({ success: false, status, errors: [{ code }] })
    await expectRefusal(compatible, code)
    for (const path of ['/v1/imports', '/v1/imports/1', '/healthz']) {
      const native = readRefusal(await send(write(path)))
      expect(native.body).toMatchObject({ type: 'about:blank', status, code })
      await expectRefusal(native, code)
    }
  })

  test('and one of HTTP/1.0 needs no Host', async () => {
    expect(await send('GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('a path that cannot be decoded', () => {
  test.each([
    '/upload%E0',
    '/upload/%E0',
    '/UPLOAD/redeemFile/%E0',
    '/upload/getUploadRedeemedCouponStatus/%E0%',
    '/coupon/api/v1/upload/redeemFile/%zz',
    '/coupon/api/v1/upload%E0/x',
  ])('%s is refused as by the compatible API', async (path) => {
    const { status, body } = readRefusal(await send(writeHead('GET', path, { Connection: 'close' })))
    expect(body).toMatchObject({
      success: false,
      status,
      errors: [{ code: expect.stringMatching(/^(?:INVALID_PATH|NOT_FOUND)$/) }],
    })
  })

  test.each(['/v1/imports/%E0', '/uploads/%E0', '/v1/upload/%E0'])('%s is refused as a problem', async (path) => {
    const { status, body } = readRefusal(await send(writeHead('GET', path, { Connection: 'close' })))
    expect(body).toMatchObject({ type: 'about:blank', status })
  })
})
