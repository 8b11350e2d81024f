import { sessionView } from '@importer/contracts'
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'

import { callApi, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { ORG, SERIES, startIntake, type TestIntake } from '../../test/start-intake.ts'
import { line } from '../../test/work.ts'

const PUBLIC_URL = 'https://coupons.example.com'

const intake = await startIntake()
/** The same, with an address that browsers reach over HTTPS. */
const secure = await startIntake({ publicUrl: PUBLIC_URL })

interface Session {
  readonly cookie: string
  readonly setCookie: string
  readonly view: z.output<typeof sessionView>
}

async function signIn(target: TestIntake = intake, apiKey: string = target.keys.write): Promise<Session> {
  const response = await fetch(`${target.url}/v1/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ apiKey }),
  })
  expect(response.status).toBe(201)
  const [setCookie = ''] = response.headers.getSetCookie()
  return { cookie: setCookie.split(';')[0] ?? '', setCookie, view: sessionView.parse(await readJson(response)) }
}

/** A request with the cookie alone. */
function send(path: string, cookie: string, init: RequestInit = {}, target = intake): Promise<Response> {
  return fetch(`${target.url}${path}`, {
    ...init,
    headers: { Cookie: cookie, ...(init.headers as Record<string, string>) },
  })
}

async function readSession(cookie: string): Promise<{ status: number; body: ReturnType<typeof JSON.parse> }> {
  const response = await send('/v1/session', cookie)
  return { status: response.status, body: await readJson(response) }
}

/** Moves the times of every session back. */
async function age(column: 'last_used_at' | 'created_at', minutes: number): Promise<void> {
  await intake.database.prisma.$executeRawUnsafe(`UPDATE session SET ${column} = ${column} - interval '${minutes} min'`)
}

describe('signing in', () => {
  test.each<[string, RequestInit]>([
    ['JSON', { body: 'KEY', headers: { 'Content-Type': 'application/json' } }],
    ['Authorization: Bearer', { headers: { Authorization: 'Bearer KEY' } }],
    ['X-CAP-API-OAUTH-TOKEN', { headers: { 'X-CAP-API-OAUTH-TOKEN': 'KEY' } }],
    ['Basic', { headers: { Authorization: 'Basic KEY' } }],
  ])('takes the key by %s', async (name, { body, headers }) => {
    const key = intake.keys.read
    const filled = Object.entries(headers as Record<string, string>).map(([header, value]) => [
      header,
      value.replace('KEY', name === 'Basic' ? Buffer.from(`any:${key}`).toString('base64') : key),
    ])
    const response = await fetch(`${intake.url}/v1/session`, {
      method: 'POST',
      headers: Object.fromEntries(filled) as Record<string, string>,
      ...(body === undefined ? {} : { body: JSON.stringify({ apiKey: key }) }),
    })
    expect(response.status).toBe(201)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const view = await readJson(response)
    expect(view).toEqual({ orgId: ORG, role: 'read', keyName: null, expiresAt: expect.any(String) })
    const minutes = (Date.parse(view.expiresAt) - Date.now()) / 60_000
    expect(Math.round(minutes)).toBe(30)
  })

  test.each(['nonsense-0123456789', 'ä', 'two words'])('is 401 with the key %j', async (apiKey) => {
    const response = await fetch(`${intake.url}/v1/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ apiKey }),
    })
    expect([response.status, response.headers.getSetCookie()]).toEqual([401, []])
  })

  test('is 401 with a revoked key, and without one', async () => {
    expect((await callApi(intake, 'POST', '/v1/session', { key: intake.keys.revoked })).status).toBe(401)
    expect((await fetch(`${intake.url}/v1/session`, { method: 'POST' })).status).toBe(401)
  })

  test('sets a cookie that no script and no other site gets', async () => {
    expect((await signIn()).setCookie).toMatch(/^redemptions_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  })

  test('binds the cookie to this host and HTTPS where the public URL is so', async () => {
    expect((await signIn(secure)).setCookie).toMatch(
      /^__Host-redemptions_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    )
  })

  test('keeps no token and no key, only their hashes', async () => {
    const { cookie } = await signIn()
    const token = cookie.split('=')[1] ?? ''
    const sessions = await intake.database.prisma.session.findMany()
    const keys = await intake.database.prisma.apiKey.findMany()
    expect(Math.min(sessions.length, keys.length)).toBeGreaterThan(0)
    for (const secret of [token, ...Object.values(intake.keys)]) {
      expect(JSON.stringify([sessions, keys])).not.toContain(secret)
      expect(intake.logged.join('\n')).not.toContain(secret)
    }
  })
})

describe('the cookie counts', () => {
  test('wherever a key does', async () => {
    const id = await uploadNative(intake, line('A'))
    const { cookie } = await signIn()
    for (const path of [
      `/v1/imports/${id}`,
      '/v1/imports',
      `/v1/imports/${id}/file`,
      `/coupon/api/v1/upload/getUploadRedeemedCouponStatus/${SERIES}`,
    ]) {
      expect([path, (await send(path, cookie)).status]).toEqual([path, 200])
    }
    const events = await send(`/v1/imports/${id}/events`, cookie)
    expect(events.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    await events.body?.cancel()
  })

  test('with the role of its key', async () => {
    const { cookie } = await signIn(intake, intake.keys.read)
    const upload = {
      method: 'PUT',
      body: 'id\n1\n',
      headers: { 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'text/csv' },
    }
    expect((await send('/v1/reference/tills', cookie, upload)).status).toBe(403)
    expect((await send('/v1/api-keys', cookie)).status).toBe(403)
  })

  test('not beside a key that does not work', async () => {
    const { cookie } = await signIn()
    const headers = { Authorization: 'Bearer nonsense-0123456789' }
    expect((await send('/v1/imports', cookie, { headers })).status).toBe(401)
  })

  test('not to make another session', async () => {
    const { cookie } = await signIn()
    const headers = { 'Sec-Fetch-Site': 'same-origin' }
    expect((await send('/v1/session', cookie, { method: 'POST', headers })).status).toBe(401)
  })
})

describe('a request that changes something, with the cookie alone,', () => {
  const change = (cookie: string, headers: Record<string, string>, target = intake): Promise<Response> =>
    send(
      '/v1/reference/tills',
      cookie,
      { method: 'PUT', body: 'id\n1\n', headers: { 'Content-Type': 'text/csv', ...headers } },
      target,
    )

  test.each<[number, string, Record<string, string>]>([
    [200, 'Sec-Fetch-Site: same-origin', { 'Sec-Fetch-Site': 'same-origin' }],
    [403, 'Sec-Fetch-Site: same-site', { 'Sec-Fetch-Site': 'same-site' }],
    [403, 'Sec-Fetch-Site: cross-site', { 'Sec-Fetch-Site': 'cross-site' }],
    [403, 'Sec-Fetch-Site: none', { 'Sec-Fetch-Site': 'none' }],
    [200, 'our Origin', { Origin: 'OURS' }],
    [403, 'another Origin', { Origin: 'https://evil.example' }],
    [403, 'Origin: null', { Origin: 'null' }],
    [403, 'our Origin but Sec-Fetch-Site: cross-site', { Origin: 'OURS', 'Sec-Fetch-Site': 'cross-site' }],
    [403, 'neither', {}],
  ])('is %i with %s', async (status, _name, headers) => {
    const { cookie } = await signIn()
    const filled = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value === 'OURS' ? intake.url : value]),
    )
    expect((await change(cookie, filled)).status).toBe(status)
  })

  test('is distinguished from a page by the public URL where there is one', async () => {
    const { cookie } = await signIn(secure)
    expect((await change(cookie, { Origin: PUBLIC_URL }, secure)).status).toBe(200)
    expect((await change(cookie, { Origin: secure.url }, secure)).status).toBe(403)
  })

  test('is 403 in the form of the compatible API there', async () => {
    const { cookie } = await signIn()
    const response = await send(`/upload/redeemFile/${SERIES}`, cookie, { method: 'POST', body: new FormData() })
    expect([response.status, await readJson(response)]).toMatchObject([
      403,
      { success: false, errors: [{ code: 'CROSS_ORIGIN' }] },
    ])
  })

  test('goes by with a key beside it', async () => {
    const { cookie } = await signIn()
    expect((await change(cookie, { Authorization: `Bearer ${intake.keys.write}` })).status).toBe(200)
  })
})

describe('a session ends', () => {
  test('when it is signed out, and its cookie is taken away', async () => {
    const { cookie } = await signIn()
    expect((await readSession(cookie)).status).toBe(200)
    const response = await send('/v1/session', cookie, { method: 'DELETE', headers: { Origin: intake.url } })
    expect(response.status).toBe(204)
    expect(response.headers.getSetCookie()).toEqual([
      'redemptions_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0',
    ])
    expect(await readSession(cookie)).toMatchObject({
      status: 401,
      body: { detail: expect.stringContaining('sign in again') },
    })
  })

  test('after 30 minutes without a request', async () => {
    const [short, long] = [await signIn(), await signIn()]
    await age('last_used_at', 29)
    expect((await readSession(short.cookie)).status).toBe(200)
    await age('last_used_at', 29)
    expect((await readSession(short.cookie)).status).toBe(200)
    expect((await readSession(long.cookie)).status).toBe(401)
  })

  test('after 8 hours, however often it is used', async () => {
    const { cookie } = await signIn()
    await age('created_at', 7 * 60 + 50)
    const { status, body } = await readSession(cookie)
    expect([status, Math.round((Date.parse(body.expiresAt) - Date.now()) / 60_000)]).toEqual([200, 10])
    const other = await signIn()
    await age('created_at', 8 * 60)
    // Not the one that was looked up a moment ago.
    expect((await readSession(other.cookie)).status).toBe(401)
  })

  test('with its key', async () => {
    const made = await readJson(
      await callApi(intake, 'POST', '/v1/api-keys', { json: { role: 'read', name: 'till 3' } }),
    )
    const { cookie, view } = await signIn(intake, made.key)
    expect(view).toMatchObject({ role: 'read', keyName: 'till 3' })
    expect((await callApi(intake, 'DELETE', `/v1/api-keys/${made.id}`)).status).toBe(204)
    expect((await readSession(cookie)).status).toBe(401)
  })

  test('and is deleted with the next that begins', async () => {
    await signIn()
    await age('last_used_at', 31)
    await signIn()
    expect(await intake.database.prisma.session.count()).toBe(1)
  })
})

test.each<[string, Record<string, string>, boolean]>([
  ['a program', {}, true],
  ['a page', { 'X-Requested-With': 'XMLHttpRequest' }, false],
  ['a browser', { 'Sec-Fetch-Site': 'same-origin' }, false],
  ['a browser whose session is over', { Cookie: `redemptions_session=${'x'.repeat(43)}` }, false],
])('%s without a key is asked for one, but a browser not to open its own window', async (_name, headers, hasBasic) => {
  const response = await fetch(`${intake.url}/v1/session`, { headers })
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')?.includes('Basic')).toBe(hasBasic)
})

test('with a key, the session reports whose it is', async () => {
  const response = await callApi(intake, 'GET', '/v1/session', { key: intake.keys.admin })
  expect(await readJson(response)).toEqual({ orgId: ORG, role: 'admin', keyName: null, expiresAt: null })
})

test('of a series in another organization nothing is to be seen', async () => {
  const id = await uploadNative(intake, line('B'))
  const { cookie } = await signIn(intake, intake.keys.other)
  expect((await send(`/v1/imports/${id}`, cookie)).status).toBe(404)
})
