import { once } from 'node:events'
import { get as requestGet, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

import { beforeAll, describe, expect, test } from 'vitest'

import { callApi, postNative, uploadNative } from '../../test/native-upload.ts'
import { openRawConnection } from '../../test/raw-connection.ts'
import { readJson } from '../../test/read-json.ts'
import { SERIES, startIntake, type TestIntake } from '../../test/start-intake.ts'
import { line, seedReference, work } from '../../test/work.ts'

const CONTENT = Array.from({ length: 40 }, (_, i) => line(`CODE${i + 1}`)).join('') + line('NOSUCH').repeat(40)

let intake: TestIntake
let open: TestIntake
let id: number
beforeAll(async () => {
  intake = await startIntake()
  open = await startIntake({ corsOrigins: ['https://shop.example.com'], publicUrl: 'https://coupons.example.com' })
  await seedReference(intake)
  id = await uploadNative(intake, CONTENT)
  await work(intake, id)
})

describe('the uploaded file', () => {
  const get = (headers: Record<string, string>) => callApi(intake, 'GET', `/v1/imports/${id}/file`, { headers })
  test.each([
    ['bytes=0-9', 206, `bytes 0-9/${CONTENT.length}`, CONTENT.slice(0, 10)],
    ['bytes=100-', 206, `bytes 100-${CONTENT.length - 1}/${CONTENT.length}`, CONTENT.slice(100)],
    ['bytes=-7', 206, `bytes ${CONTENT.length - 7}-${CONTENT.length - 1}/${CONTENT.length}`, CONTENT.slice(-7)],
    ['bytes=0-1,5-6', 200, null, CONTENT],
    ['lines=1-2', 200, null, CONTENT],
  ])('for Range %s is %i', async (range, status, contentRange, body) => {
    const response = await get({ Range: range })
    expect([response.status, response.headers.get('content-range')]).toEqual([status, contentRange])
    expect(response.headers.get('content-length')).toBe(String(body.length))
    expect(await response.text()).toBe(body)
  })

  test('is 416 behind its end, and says how long it is', async () => {
    const response = await get({ Range: `bytes=${CONTENT.length}-` })
    expect([response.status, response.headers.get('content-range')]).toEqual([416, `bytes */${CONTENT.length}`])
    expect((await readJson(response)).code).toBe('RANGE_NOT_SATISFIABLE')
  })

  test('has no parts for HEAD', async () => {
    const response = await callApi(intake, 'HEAD', `/v1/imports/${id}/file`, { headers: { Range: 'bytes=0-9' } })
    const length = response.headers.get('content-length')
    expect([response.status, length, response.headers.get('content-range')]).toEqual([
      200,
      String(CONTENT.length),
      null,
    ])
  })

  test('is resumed while it is the same, and not sent again to who has it', async () => {
    const entityTag = (await get({})).headers.get('etag') ?? ''
    expect((await get({ Range: 'bytes=5-9', 'If-Range': entityTag })).status).toBe(206)
    expect((await get({ Range: 'bytes=5-9', 'If-Range': '"another"' })).status).toBe(200)
    expect((await get({ 'If-None-Match': entityTag })).status).toBe(304)
  })
})

describe('text', () => {
  /** Without the headers that fetch adds, and as it comes. */
  const raw = async (path: string, headers: Record<string, string> = {}) => {
    const options = { headers: { Authorization: `Bearer ${intake.keys.read}`, ...headers } }
    const [response] = (await once(requestGet(`${intake.url}${path}`, options), 'response')) as [IncomingMessage]
    return { headers: response.headers, body: await buffer(response) }
  }
  test.each([`/v1/imports/{id}/errors.csv`, '/openapi.json', '/v1/imports/{id}/errors?limit=50'])(
    '%s is packed for who accepts it, and for nobody else',
    async (path) => {
      const address = path.replace('{id}', String(id))
      const plain = await raw(address)
      const packed = await raw(address, { 'Accept-Encoding': 'gzip' })
      expect(plain.headers['content-encoding']).toBeUndefined()
      expect([packed.headers['content-encoding'], packed.headers['vary']]).toEqual(['gzip', 'Accept-Encoding'])
      expect(gunzipSync(packed.body).toString()).toBe(plain.body.toString())
    },
  )

  test('shorter than 4 kB, as a status, and events are sent as they are', async () => {
    for (const path of ['/healthz', `/v1/imports/${id}`]) {
      expect((await raw(path, { 'Accept-Encoding': 'gzip' })).headers['content-encoding']).toBeUndefined()
    }
    const events = await raw(`/v1/imports/${id}/events`, { 'Accept-Encoding': 'gzip' })
    expect([events.headers['content-encoding'], events.headers['cache-control']]).toEqual([
      undefined,
      'no-store, no-transform',
    ])
  })
})

describe('an upload is refused', () => {
  test.each(['/upload/redeemFile', '/v1/series'])('at %s in a compressed form, with 415', async (path) => {
    const address = path === '/v1/series' ? `/v1/series/${SERIES}/imports` : `${path}/${SERIES}`
    const response = await fetch(`${intake.url}${address}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${intake.keys.write}`,
        'Content-Type': 'multipart/form-data; boundary=x',
        'Content-Encoding': 'gzip',
      },
      body: 'x',
    })
    expect(response.status).toBe(415)
    expect(await response.text()).toContain('Content-Encoding gzip')
  })

  const part = (headers: string[], body: string) =>
    `--x\r\nContent-Disposition: form-data; name="file"${headers.join('')}\r\n\r\n${body}\r\n--x--\r\n`
  test.each([
    [
      'whose part is in base64',
      part(['; filename="a.csv"', '\r\nContent-Transfer-Encoding: base64'], 'MSwyCg=='),
      'UNSUPPORTED_ENCODING',
    ],
    ['whose file is a plain field', part([], 'x'), 'MISSING_FILE'],
    ['whose file is a plain field over 64 KiB', part([], 'x'.repeat(70_000)), 'MISSING_FILE'],
  ])('%s', async (_name, body, code) => {
    const response = await fetch(`${intake.url}/v1/series/${SERIES}/imports`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${intake.keys.write}`, 'Content-Type': 'multipart/form-data; boundary=x' },
      body,
    })
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(code)])
  })

  test.each(['binary', '8BIT', '7bit'])('and not whose part is sent as %s', async (encoding) => {
    const fields = { customerIdentifier: 'MOBILE', couponIdentifier: 'COUPON_CODE' }
    const columns = '{"redeemedDateInMillis":0,"redeemedAt":1,"mobile":2,"couponCode":3}'
    const form = [...Object.entries(fields), ['uploadHeaders', columns]]
      .map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
      .join('')
    const response = await fetch(`${intake.url}/v1/series/${SERIES}/imports`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${intake.keys.write}`, 'Content-Type': 'multipart/form-data; boundary=x' },
      body: form + part(['; filename="a.csv"', `\r\nContent-Transfer-Encoding: ${encoding}`], line('CODE99')),
    })
    expect(response.status).toBe(202)
  })
})

test('a request with two hosts is refused', async () => {
  const connection = await openRawConnection(intake.port)
  connection.socket.write('GET /healthz HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\nConnection: close\r\n\r\n')
  expect(await connection.waitForEnd()).toMatch(/^HTTP\/1\.1 400 [^]*more than one Host/)
})

test.each(['/healthz', '/', '/docs', '/openapi.json', '/nothing', '/v1/imports', '/upload/redeemFile/1'])(
  '%s cannot be framed, sniffed or scripted by others',
  async (path) => {
    for (const { url, isSecure } of [
      { url: intake.url, isSecure: false },
      { url: open.url, isSecure: true },
    ]) {
      const { headers } = await fetch(`${url}${path}`)
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toMatch(/unsafe-(?:inline|eval)/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('referrer-policy')).toMatch(/^(?:no-referrer|same-origin)$/)
      expect(headers.has('strict-transport-security')).toBe(isSecure)
    }
  },
)

describe('pages of other origins', () => {
  const preflight = (url: string, origin: string) =>
    fetch(`${url}/v1/imports`, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'authorization',
      },
    })
  test('may call the API where the operator allows theirs, with a key and without the cookie', async () => {
    const { status, headers } = await preflight(open.url, 'https://shop.example.com')
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, 'https://shop.example.com'])
    expect(headers.get('access-control-allow-headers')).toContain('Authorization')
    expect(headers.has('access-control-allow-credentials')).toBe(false)
    const answer = await callApi(open, 'GET', '/v1/imports', { headers: { Origin: 'https://shop.example.com' } })
    expect(answer.headers.get('access-control-expose-headers')).toContain('ETag')
  })

  test('may not where theirs is not allowed', async () => {
    const other = await preflight(open.url, 'https://evil.example.com')
    expect(other.headers.has('access-control-allow-origin')).toBe(false)
    expect((await preflight(intake.url, 'https://shop.example.com')).headers.has('access-control-allow-origin')).toBe(
      false,
    )
  })
})

test('the events of an import end when the key is revoked', async () => {
  const waiting = await uploadNative(intake, line('CODE88'))
  const made = await readJson(await callApi(intake, 'POST', '/v1/api-keys', { json: { role: 'read' } }))
  const response = await callApi(intake, 'GET', `/v1/imports/${waiting}/events`, { key: made.key })
  const reader = response.body?.getReader()
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('retry:')
  await callApi(intake, 'DELETE', `/v1/api-keys/${made.id}`)
  let text = ''
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
    text += Buffer.from(next.value).toString()
  }
  expect(text).not.toContain('event: end')
})

test('an import that is polled is answered by a 304 behind a proxy that packs', async () => {
  const entityTag = (await callApi(intake, 'GET', `/v1/imports/${id}`)).headers.get('etag') ?? ''
  const seen = entityTag.replace(/"$/, '-gzip"')
  const response = await callApi(intake, 'GET', `/v1/imports/${id}`, { headers: { 'If-None-Match': `W/${seen}` } })
  expect(response.status).toBe(304)
})

test('requests that are sent ahead are answered one after the other, in their order', async () => {
  const { socket, waitForEnd } = await openRawConnection(intake.port)
  const paths = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? '/healthz' : `/nothing/${i}`))
  socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
  socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const statuses = [...(await waitForEnd()).matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
  expect(statuses).toEqual([...paths.map((path) => (path === '/healthz' ? 200 : 404)), 200])
  expect((await postNative(intake, line('CODE77'))).status).toBe(202)
})

describe('a field that is misspelt', () => {
  test.each([
    ['dryrun', 'did you mean dryRun?'],
    ['maxerrors', 'did you mean maxErrors?'],
    ['nonsense', 'expected one of'],
  ])('%s is refused by the native upload, which names the near one', async (field, hint) => {
    const response = await postNative(intake, line('CODE90'), { fields: { [field]: 'true' } })
    const problem = await readJson(response)
    expect([response.status, problem.code, problem.detail]).toEqual([
      400,
      'UNKNOWN_FIELD',
      expect.stringContaining(hint),
    ])
  })

  test('is ignored by the compatible upload', async () => {
    expect((await postCompatible({ dryrun: 'true', nonsense: 'x' })).status).toBe(200)
  })
})

test('the compatible upload under one Idempotency-Key is one import', async () => {
  const send = async (fields: Record<string, string> = {}) => postCompatible(fields, { 'Idempotency-Key': 'night-1' })
  const first = await send()
  const again = await send()
  expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 200, 'true'])
  expect(await again.json()).toEqual(await first.json())
  expect((await send({ Details: 'another' })).status).toBe(422)
})

async function postCompatible(fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  const body = new FormData()
  const columns = '{"redeemedDateInMillis":0,"redeemedAt":1,"mobile":2,"couponCode":3}'
  const all = { customerIdentifier: 'MOBILE', couponIdentifier: 'COUPON_CODE', uploadHeaders: columns, ...fields }
  for (const [name, value] of Object.entries(all)) body.set(name, value)
  body.set('file', new Blob([line('CODE91')]), 'night.csv')
  return fetch(`${intake.url}/upload/redeemFile/${SERIES}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${intake.keys.write}`, ...headers },
    body,
  })
}
