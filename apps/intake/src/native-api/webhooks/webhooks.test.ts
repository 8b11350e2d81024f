import {
  deliveryListView,
  deliveryView,
  endpointListView,
  endpointView,
  newEndpointView,
  problemView,
  rotatedSecretView,
} from '@importer/contracts'
import { redeliverRange } from '@importer/db'
import { describe, expect, test } from 'vitest'

import { readJson } from '../../../test/read-json.ts'
import { ORG, OTHER_ORG, startIntake } from '../../../test/start-intake.ts'

const intake = await startIntake()

async function send(method: string, path: string, body?: unknown, key = intake.keys.admin): Promise<Response> {
  return fetch(`${intake.url}/v1/${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

async function makeEndpoint(more: object = {}): Promise<{ id: number; secret: string }> {
  const response = await send('POST', 'webhook-endpoints', { url: 'https://hooks.example.com/a', ...more })
  expect(response.status).toBe(201)
  return newEndpointView.parse(await readJson(response))
}

describe('an endpoint', () => {
  test('is made with a secret that is never shown again', async () => {
    const response = await send('POST', 'webhook-endpoints', { url: 'https://hooks.example.com/a?b=c' })
    expect(response.status).toBe(201)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const made = newEndpointView.parse(await readJson(response))
    expect(made).toMatchObject({
      url: 'https://hooks.example.com/a?b=c',
      description: null,
      eventTypes: ['import.completed', 'import.failed', 'import.cancelled', 'import.reverted'],
      status: 'active',
      secret: expect.stringMatching(/^whsec_/),
    })
    expect(response.headers.get('location')).toBe(`${intake.url}/v1/webhook-endpoints/${made.id}`)

    const { secret, ...shown } = made
    expect(endpointView.parse(await readJson(await send('GET', `webhook-endpoints/${made.id}`)))).toEqual(shown)
    const list = await send('GET', 'webhook-endpoints?limit=200')
    expect(JSON.stringify(endpointListView.parse(await readJson(list)))).not.toContain(secret)
    expect(intake.logged.join('')).not.toContain(secret)
  })

  test('is changed in part, disabled, enabled and deleted', async () => {
    const { id } = await makeEndpoint({ eventTypes: ['import.failed'], description: 'night' })
    const patch = async (change: object) => readJson(await send('PATCH', `webhook-endpoints/${id}`, change))
    expect(await patch({ description: null })).toMatchObject({ description: null, eventTypes: ['import.failed'] })
    expect(await patch({ status: 'disabled' })).toMatchObject({ status: 'disabled', disabledReason: 'MANUAL' })
    expect((await send('POST', `webhook-endpoints/${id}/test`)).status).toBe(409)
    expect(await patch({ description: '\0' })).toMatchObject({ status: 400, code: 'INVALID_VALUE' })
    expect(await patch({ status: 'active', url: 'https://b.example.com/' })).toMatchObject({
      status: 'active',
      disabledReason: null,
      url: 'https://b.example.com/',
    })
    expect((await send('DELETE', `webhook-endpoints/${id}`)).status).toBe(204)
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/test'],
      ['POST', '/rotate-secret'],
    ]) {
      const response = await send(method ?? '', `webhook-endpoints/${id}${path}`, method === 'PATCH' ? {} : undefined)
      expect([response.status, (await readJson(response)).code]).toEqual([404, 'WEBHOOK_ENDPOINT_NOT_FOUND'])
    }
  })

  test('has a new secret at every rotation, four times a day', async () => {
    const { id, secret } = await makeEndpoint()
    const seen = new Set([secret])
    for (let times = 0; times < 4; times += 1) {
      const response = await send('POST', `webhook-endpoints/${id}/rotate-secret`)
      const rotated = rotatedSecretView.parse(await readJson(response))
      seen.add(rotated.secret)
      const overlapMs = Date.parse(rotated.previousExpiresAt) - Date.now()
      expect(Math.abs(overlapMs - 86_400_000)).toBeLessThan(60_000)
    }
    expect(seen.size).toBe(5)
    const refused = await send('POST', `webhook-endpoints/${id}/rotate-secret`)
    expect([refused.status, (await readJson(refused)).code]).toEqual([409, 'ROTATED_TOO_OFTEN'])
  })

  test('is listed page by page', async () => {
    const made = [await makeEndpoint(), await makeEndpoint(), await makeEndpoint()].map(({ id }) => id)
    const first = await readJson(await send('GET', `webhook-endpoints?limit=2&cursor=${(made[0] ?? 0) - 1}`))
    expect(first).toMatchObject({ items: [{ id: made[0] }, { id: made[1] }], nextCursor: String(made[1]) })
    const second = await readJson(await send('GET', `webhook-endpoints?limit=2&cursor=${first.nextCursor}`))
    expect(second).toMatchObject({ items: [{ id: made[2] }], nextCursor: null })
  })

  test.each([
    [{}, ['url'], 'INVALID_VALUE'],
    [{ url: 7, eventTypes: ['import.began'], color: 1 }, ['url', 'eventTypes.0', 'color'], 'INVALID_VALUE'],
    [{ url: 'http://hooks.example.com' }, ['url'], 'URL_NOT_ALLOWED'],
    [{ url: 'https://user:pw@hooks.example.com' }, ['url'], 'URL_NOT_ALLOWED'],
    [{ url: 'https://169.254.169.254/latest' }, ['url'], 'URL_NOT_ALLOWED'],
    [{ url: 'nonsense' }, ['url'], 'URL_NOT_ALLOWED'],
    [{ url: 'https://hooks.example.com/\0' }, ['url'], 'URL_NOT_ALLOWED'],
    [{ url: `https://${'界'.repeat(1_900)}/` }, ['url'], 'URL_NOT_ALLOWED'],
    [{ url: 'https://hooks.example.com', description: 'a\0b' }, ['description'], 'INVALID_VALUE'],
    [{ url: 'https://hooks.example.com', description: 'a\uD800b' }, ['description'], 'INVALID_VALUE'],
    ['{"url":', ['body'], 'INVALID_JSON'],
    ['[]', ['body'], 'INVALID_VALUE'],
  ])('is refused when it is %j', async (body, fields, code) => {
    const response = await send('POST', 'webhook-endpoints', body)
    expect([response.status, response.headers.get('content-type')]).toEqual([
      400,
      'application/problem+json; charset=utf-8',
    ])
    const problem = problemView.parse(await readJson(response))
    expect(problem.code).toBe(code)
    if (fields.length > 1) expect(problem.errors?.map(({ field }) => field)).toEqual(fields)
  })

  test('is not made from another type of body, or too large a one', async () => {
    const headers = { Authorization: `Bearer ${intake.keys.admin}` }
    const post = async (body: string, type: string) =>
      fetch(`${intake.url}/v1/webhook-endpoints`, {
        method: 'POST',
        body,
        headers: { ...headers, 'Content-Type': type },
      })
    expect((await post('{"url":"https://a.example.com"}', 'text/plain')).status).toBe(415)
    expect((await post(' '.repeat(70_000), 'application/json')).status).toBe(413)
  })
})

test('an organization has fifty endpoints at most, deleted ones apart', async () => {
  const { prisma } = intake.database
  const count = await prisma.webhookEndpoint.count({ where: { orgId: OTHER_ORG, status: { not: 'deleted' } } })
  const endpoint = { orgId: OTHER_ORG, url: 'https://hooks.example.com/' }
  await prisma.webhookEndpoint.createMany({ data: Array.from({ length: 49 - count }, () => endpoint) })
  const make = async () => send('POST', 'webhook-endpoints', { url: endpoint.url }, intake.keys.other)
  const last = await make()
  expect(last.status).toBe(201)
  const refused = await make()
  expect([refused.status, (await readJson(refused)).code]).toEqual([409, 'TOO_MANY_WEBHOOK_ENDPOINTS'])
  const { id } = await readJson(last)
  expect((await send('DELETE', `webhook-endpoints/${id}`, undefined, intake.keys.other)).status).toBe(204)
  expect((await make()).status).toBe(201)
  await prisma.webhookEndpoint.updateMany({ where: { orgId: OTHER_ORG }, data: { status: 'deleted' } })
})

test('the own secret of an organization is made once, and rotated', async () => {
  const { secret } = await readJson(await send('GET', 'webhook-secret'))
  expect(secret).toMatch(/^whsec_/)
  expect(await readJson(await send('GET', 'webhook-secret'))).toEqual({ secret })
  const other = await readJson(await send('GET', 'webhook-secret', undefined, intake.keys.other))
  expect(other.secret).not.toBe(secret)
  const rotated = rotatedSecretView.parse(await readJson(await send('POST', 'webhook-secret/rotate')))
  expect(await readJson(await send('GET', 'webhook-secret'))).toEqual({ secret: rotated.secret })
})

describe('a delivery', () => {
  test('is made by a test, listed, filtered, shown and sent again', async () => {
    const { id: endpointId } = await makeEndpoint()
    const response = await send('POST', `webhook-endpoints/${endpointId}/test`)
    expect(response.status).toBe(202)
    const made = deliveryView.parse(await readJson(response))
    expect(made).toMatchObject({ eventType: 'webhook.test', endpointId, status: 'pending', attempts: [] })
    const second = deliveryView.parse(await readJson(await send('POST', `webhook-endpoints/${endpointId}/test`)))

    const list = async (query: string) =>
      deliveryListView.parse(await readJson(await send('GET', `webhook-deliveries?${query}`)))
    expect((await list(`endpointId=${endpointId}`)).items.map(({ id }) => id)).toEqual([second.id, made.id])
    const page = await list(`endpointId=${endpointId}&limit=1`)
    expect(page).toMatchObject({ items: [{ id: second.id }], nextCursor: String(second.id) })
    expect(await list(`endpointId=${endpointId}&limit=1&cursor=${page.nextCursor}`)).toMatchObject({
      items: [{ id: made.id }],
      nextCursor: null,
    })
    expect((await list(`endpointId=${endpointId}&status=failed`)).items).toEqual([])
    expect((await list('importId=1')).items).toEqual([])

    const { prisma } = intake.database
    const failed = { status: 'failed', failureCode: 'ATTEMPTS_EXHAUSTED', nextAttemptAt: null, failedAttempts: 8 }
    await prisma.webhookDelivery.updateMany({ where: { endpointId }, data: failed })
    const again = await send('POST', `webhook-deliveries/${made.id}/redeliver`)
    expect(again.status).toBe(202)
    expect(deliveryView.parse(await readJson(again))).toMatchObject({
      id: made.id,
      webhookId: made.webhookId,
      status: 'pending',
      failureCode: null,
    })
    expect(await readJson(await send('GET', `webhook-deliveries/${second.id}`))).toMatchObject({ status: 'failed' })

    const range = {
      since: second.createdAt,
      until: new Date(Date.parse(second.createdAt) + 1).toISOString(),
      endpointId,
    }
    const bulk = await send('POST', 'webhook-deliveries/redeliver', range)
    expect([bulk.status, await readJson(bulk)]).toEqual([202, { redelivered: 1, more: false, nextCursor: null }])
    expect(await readJson(await send('GET', `webhook-deliveries/${second.id}`))).toMatchObject({ status: 'pending' })
    const late = { since: new Date(Date.now() + 60_000).toISOString() }
    expect(
      await readJson(await send('POST', 'webhook-deliveries/redeliver', { ...late, status: 'delivered' })),
    ).toEqual({
      redelivered: 0,
      more: false,
      nextCursor: null,
    })
  })

  test('is sent again behind the cursor, though those before it were received again meanwhile', async () => {
    const { id: endpointId } = await makeEndpoint()
    const made: number[] = []
    for (let times = 0; times < 5; times += 1) {
      made.push((await readJson(await send('POST', `webhook-endpoints/${endpointId}/test`))).id as number)
    }
    const { prisma } = intake.database
    const deliverAll = async () =>
      prisma.webhookDelivery.updateMany({ where: { endpointId }, data: { status: 'delivered', nextAttemptAt: null } })
    const listPending = async () => {
      const rows = await prisma.webhookDelivery.findMany({
        where: { endpointId, status: 'pending' },
        orderBy: { id: 'asc' },
      })
      return rows.map(({ id }) => Number(id))
    }
    const range = { orgId: ORG, endpointId, since: new Date(0), until: new Date(Date.now() + 60_000), now: new Date() }
    let afterId: number | undefined
    const pages: number[][] = []
    do {
      await deliverAll()
      const page = await redeliverRange(intake.database, { ...range, status: 'delivered', limit: 2, afterId })
      pages.push(await listPending())
      afterId = page.nextAfterId ?? undefined
    } while (afterId !== undefined)
    expect(pages).toEqual([made.slice(0, 2), made.slice(2, 4), made.slice(4)])

    await deliverAll()
    const body = { since: '2026-01-01T00:00:00Z', status: 'delivered', endpointId, cursor: String(made[2]) }
    expect(await readJson(await send('POST', 'webhook-deliveries/redeliver', body))).toMatchObject({ redelivered: 2 })
    expect(await listPending()).toEqual(made.slice(3))
  })

  test.each([
    ['POST', 'webhook-deliveries/redeliver', {}, 'since'],
    ['POST', 'webhook-deliveries/redeliver', { since: '2026-01-02T00:00:00Z', until: '2026-01-01T00:00:00Z' }, 'until'],
    ['POST', 'webhook-deliveries/redeliver', { since: '2026-01-01T00:00:00Z', cursor: 'x' }, 'cursor'],
    ['GET', 'webhook-deliveries?status=lost', undefined, 'status'],
    ['GET', 'webhook-deliveries?limit=0', undefined, 'limit'],
    ['GET', 'webhook-deliveries?page=2', undefined, 'page'],
  ])('%s %s %j is a bad request', async (method, path, body, field) => {
    const response = await send(method, path, body)
    expect(response.status).toBe(400)
    expect((await readJson(response)).detail).toContain(field)
  })
})

test.each([
  ['GET', 'webhook-endpoints'],
  ['POST', 'webhook-endpoints'],
  ['GET', 'webhook-endpoints/1'],
  ['GET', 'webhook-secret'],
  ['GET', 'webhook-deliveries'],
  ['POST', 'webhook-deliveries/1/redeliver'],
])('%s %s is for admins only', async (method, path) => {
  expect((await send(method, path, undefined, intake.keys.write)).status).toBe(403)
  expect((await send(method, path, undefined, 'no-such-key-whatever')).status).toBe(401)
})

test('another organization sees none of it', async () => {
  const { id } = await makeEndpoint()
  const made = await readJson(await send('POST', `webhook-endpoints/${id}/test`))
  for (const [method, path] of [
    ['GET', `webhook-endpoints/${id}`],
    ['DELETE', `webhook-endpoints/${id}`],
    ['POST', `webhook-endpoints/${id}/test`],
    ['POST', `webhook-endpoints/${id}/rotate-secret`],
    ['GET', `webhook-deliveries/${made.id}`],
    ['POST', `webhook-deliveries/${made.id}/redeliver`],
  ] as const) {
    expect((await send(method, path, undefined, intake.keys.other)).status).toBe(404)
  }
  expect(await readJson(await send('GET', 'webhook-endpoints', undefined, intake.keys.other))).toEqual({
    items: [],
    nextCursor: null,
  })
  expect(await intake.database.prisma.webhookEndpoint.count({ where: { orgId: ORG, id, status: 'active' } })).toBe(1)
})
