import { randomUUID } from 'node:crypto'

import { beforeAll, describe, expect, test, vi } from 'vitest'

import { uploadNative } from '../../test/native-upload.ts'
import { openRawConnection } from '../../test/raw-connection.ts'
import { SERIES, startIntake, type TestIntake } from '../../test/start-intake.ts'
import { line } from '../../test/work.ts'

let intake: TestIntake
let id: number
beforeAll(async () => {
  intake = await startIntake({
    corsOrigins: ['https://shop.example.com'],
    publicUrl: 'https://coupons.example.com',
    rateLimitPerMinute: 10_000,
  })
  id = await uploadNative(intake, line('CODE1'))
})

/** What differs between two answers to the same question: their times, ids and place in the minute. */
const OWN = new Set(['date', 'x-request-id', 'ratelimit'])

async function fetchTarget(target: string, headers: Record<string, string>) {
  const requestId = randomUUID()
  const response = await fetch(`${intake.url}${target}`, { headers: { ...headers, 'X-Request-Id': requestId } })
  const named = [...response.headers].filter(([name]) => !OWN.has(name))
  return {
    requestId: response.headers.get('x-request-id') === requestId,
    status: response.status,
    headers: Object.fromEntries(named),
    body: await response.text(),
    logged: await vi.waitFor(() => findLine(requestId), { timeout: 10_000 }),
  }
}

function findLine(requestId: string): Record<string, unknown> {
  const found = intake.logged.map((text) => JSON.parse(text)).find((entry) => isEnd(entry, requestId))
  if (found === undefined) throw new Error('the request has no line yet')
  const { method, route, status, keyId, orgId, importId, errorCode } = found
  return { method, route, status, keyId, orgId, importId, errorCode }
}

const isEnd = (entry: Record<string, unknown>, requestId: string) =>
  entry['requestId'] === requestId && entry['msg'] === 'request'

const COMPATIBLE = '/upload/getUploadRedeemedCouponStatus'
const forms: [string, (importId: number | string) => string, string][] = [
  ['the native API', (importId) => `/v1/imports/${importId}`, '/'],
  ['the compatible API', (importId) => `${COMPATIBLE}/${SERIES}?jobId=${importId}`, '&'],
  ['the compatible API at its documented path', (i) => `/coupon/api/v1${COMPATIBLE}/${SERIES}?jobId=${i}`, '&'],
]

describe.each(forms)('a poll of %s is answered as its route answers', (_api, targetOf, more) => {
  const bearer = (key: string) => ({ Authorization: `Bearer ${key}` })
  const requests: [string, () => number | string, number, () => Record<string, string>][] = [
    ['of an import', () => id, 200, () => bearer(intake.keys.read)],
    ['by the token', () => id, 200, () => ({ 'X-CAP-API-OAUTH-TOKEN': intake.keys.read })],
    ['of who takes packed answers', () => id, 200, () => ({ ...bearer(intake.keys.read), 'Accept-Encoding': 'gzip' })],
    ['from another site', () => id, 200, () => ({ ...bearer(intake.keys.read), Origin: 'https://shop.example.com' })],
    ['without a key', () => id, 401, () => ({})],
    ['with a wrong key', () => id, 401, () => bearer('wrong')],
    ["of somebody else's import", () => id, 404, () => bearer(intake.keys.other)],
    ['of no import', () => 999_999, 404, () => bearer(intake.keys.read)],
    ['of more than there can be', () => '99999999999999999999', 404, () => bearer(intake.keys.read)],
  ]
  test.each(requests)('%s', async (_what, idOf, status, headersOf) => {
    const polled = await fetchTarget(targetOf(idOf()), headersOf())
    expect(polled.status).toBe(status)
    // A slash at the end, or an empty parameter, makes no difference but for who answers. fetch drops an empty query.
    expect(polled).toEqual(await fetchTarget(`${targetOf(idOf())}${more}`, headersOf()))
  })

  test('with the tag that it has', async () => {
    const known = await fetchTarget(targetOf(id), bearer(intake.keys.read))
    const headers = { ...bearer(intake.keys.read), 'If-None-Match': known.headers['etag'] ?? '*' }
    expect(await fetchTarget(targetOf(id), headers)).toEqual(await fetchTarget(`${targetOf(id)}${more}`, headers))
  })

  test('with two hosts', async () => {
    const answers = []
    for (const target of [targetOf(id), `${targetOf(id)}${more}`]) {
      const connection = await openRawConnection(intake.port)
      connection.socket.write(
        `GET ${target} HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\nConnection: close\r\n\r\n`,
      )
      answers.push((await connection.waitForEnd()).replaceAll(/^(?:Date|X-Request-Id): .*$/gm, ''))
    }
    expect(answers[0]).toMatch(/^HTTP\/1\.1 400 [^]*more than one Host/)
    expect(answers[0]).toBe(answers[1])
  })
})

test('the same key has one limit, however it polls', async () => {
  const remaining = async (target: string) => {
    const { headers } = await fetch(`${intake.url}${target}`, {
      headers: { Authorization: `Bearer ${intake.keys.admin}` },
    })
    return Number(/r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1])
  }
  const first = await remaining(`/v1/imports/${id}`)
  expect(await remaining(`/v1/imports/${id}/`)).toBe(first - 1)
  expect(await remaining(`${COMPATIBLE}/${SERIES}?jobId=${id}`)).toBe(first - 2)
})
