import { createApiKey } from '@importer/db'
import { expect, test, vi } from 'vitest'

import { callApi } from '../../test/native-upload.ts'
import { openRawConnection, writeHead } from '../../test/raw-connection.ts'
import { readJson } from '../../test/read-json.ts'
import { ORG, startIntake } from '../../test/start-intake.ts'

const intake = await startIntake({ uploadMaxBytes: 800_000 })

interface Init {
  readonly key?: string
  readonly body?: string
  readonly headers?: Record<string, string>
}

function send(method: string, path: string, init: Init = {}): Promise<Response> {
  return fetch(`${intake.url}/v1/reference/${path}`, {
    method,
    body: init.body ?? null,
    headers: { Authorization: `Bearer ${init.key ?? intake.keys.write}`, ...init.headers },
  })
}

async function count(kind: string): Promise<number> {
  return (await readJson(await send('GET', kind))).count
}

function readFailures(kind: string): object[] {
  const lines = intake.logged.map((line) => JSON.parse(line) as Record<string, unknown>)
  return lines.filter((line) => line['msg'] === 'a load of reference data failed' && line['kind'] === kind)
}

test('a CSV is loaded, counted and shown', async () => {
  const response = await send('PUT', 'tills', { body: 'id,name\n50001,Main street\n50002,\nx,bad\n' })
  expect(response.status).toBe(200)
  expect(await readJson(response)).toMatchObject({
    received: 3,
    inserted: 2,
    updated: 0,
    rejected: 1,
    errors: [{ row: 3, line: 4, field: 'id' }],
  })
  expect(await count('tills')).toBe(2)
  expect(await readJson(await send('GET', 'tills/50001'))).toEqual({ id: 50001, name: 'Main street' })
})

test('another organization sees none of it', async () => {
  await send('PUT', 'tills', { body: 'id\n60001\n' })
  const response = await send('GET', 'tills/60001', { key: intake.keys.other })
  expect([response.status, (await readJson(response)).code]).toEqual([404, 'REFERENCE_NOT_FOUND'])
})

test.each<[string, string, string, Init, number]>([
  ['that is no such CSV', 'PUT', 'customers', { body: 'name,colour\n1,red\n' }, 400],
  ['that is empty', 'PUT', 'customers', { body: '' }, 400],
  ['that is too large', 'PUT', 'customers', { body: `id\n${'1\n'.repeat(500_000)}` }, 413],
  ['that is compressed', 'PUT', 'customers', { body: 'x', headers: { 'Content-Encoding': 'gzip' } }, 415],
  ['of a kind that is none', 'PUT', 'gadgets', { body: 'id\n1\n' }, 400],
  ['of an object member', 'PUT', 'constructor', { body: 'id\n1\n' }, 400],
  ['by another method', 'POST', 'customers', { body: 'id\n1\n' }, 405],
])('a body %s is a problem and changes nothing', async (_name, method, kind, init, status) => {
  const response = await send(method, kind, init)
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  expect(await readJson(response)).toMatchObject({ status, code: expect.stringMatching(/^[A-Z_]+$/) })
  expect(response.status).toBe(status)
  expect(await count('customers')).toBe(0)
})

test('of a body that turns out to be too large, earlier batches stay and can be sent again', async () => {
  const rows = Array.from({ length: 180_000 }, (_, i) => `${100_000 + i}\n`).join('')
  async function* parts(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`id\n${rows}`)
  }
  const before = await count('series')
  // As a stream it comes without a length.
  const response = await fetch(`${intake.url}/v1/reference/series`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${intake.keys.write}` },
    body: ReadableStream.from(parts()),
    duplex: 'half',
  })
  expect([response.status, (await readJson(response)).code]).toEqual([413, 'PAYLOAD_TOO_LARGE'])
  const kept = (await count('series')) - before
  expect([kept % 20_000, kept > 0, kept < 180_000]).toEqual([0, true, true])
  const written = { inserted: kept, updated: 0, rejected: 0 }
  const { items } = await readJson(await callApi(intake, 'GET', '/v1/audit-events?limit=1000'))
  expect(items.at(-1)).toMatchObject({
    kind: 'reference.loaded',
    actor: { type: 'key' },
    detail: { kind: 'series', ...written, failure: 'PAYLOAD_TOO_LARGE' },
  })
  expect(readFailures('series')).toEqual([
    expect.objectContaining({ level: 'warn', errorCode: 'PAYLOAD_TOO_LARGE', orgId: ORG, ...written }),
  ])
  const again = await send('PUT', 'series', { body: `id\n${rows.slice(0, 7 * 100_000)}` })
  expect(await readJson(again)).toMatchObject({
    received: 100_000,
    inserted: 100_000 - kept,
    updated: 0,
    rejected: 0,
  })
})

test('a body that is no such CSV is logged with its code, and is no load for auditors', async () => {
  const { key } = await createApiKey(intake.database, { orgId: ORG, role: 'write', name: 'bad-loader' })
  expect((await send('PUT', 'coupons', { key, body: 'name,colour\n1,red\n' })).status).toBe(400)
  expect(readFailures('coupons')).toEqual([
    expect.objectContaining({ level: 'warn', errorCode: 'INVALID_HEADER', inserted: 0, route: '/v1/reference/{kind}' }),
  ])
  const { items } = await readJson(await callApi(intake, 'GET', '/v1/audit-events?limit=1000'))
  expect(items.filter(({ actor }: { actor: { name: string } }) => actor.name === 'bad-loader')).toEqual([])
})

test('a load whose client goes away is recorded with what it wrote', async () => {
  const { key } = await createApiKey(intake.database, { orgId: ORG, role: 'write', name: 'gone-loader' })
  const { socket } = await openRawConnection(intake.port)
  const head = { Authorization: `Bearer ${key}`, 'Content-Type': 'text/csv', 'Content-Length': 700_000 }
  socket.write(writeHead('PUT', '/v1/reference/customers', head))
  socket.write(`id\n${Array.from({ length: 45_000 }, (_, i) => `${500_000 + i}\n`).join('')}`)
  await vi.waitFor(async () => expect(await count('customers')).toBeGreaterThan(0), { timeout: 10_000 })
  socket.destroy()
  await vi.waitFor(
    async () => {
      const { items } = await readJson(await callApi(intake, 'GET', '/v1/audit-events?limit=1000'))
      expect(items.at(-1)).toMatchObject({
        kind: 'reference.loaded',
        actor: { name: 'gone-loader' },
        detail: { kind: 'customers', inserted: await count('customers'), failure: 'CLIENT_GONE' },
      })
    },
    { timeout: 10_000 },
  )
})

test('loading the same rows again writes none of them', async () => {
  const body = `id,name\n${Array.from({ length: 100 }, (_, i) => `${70_000 + i},Till ${i}\n`).join('')}`
  await send('PUT', 'tills', { body })
  const readVersions = async () =>
    intake.database.prisma.$queryRaw`SELECT id, xmin::text, xmax::text FROM till WHERE id >= 70000 ORDER BY id`
  const before = await readVersions()
  expect(await readJson(await send('PUT', 'tills', { body }))).toMatchObject({ received: 100, inserted: 0, updated: 0 })
  expect(await readVersions()).toEqual(before)
})

test('a key that may only read cannot load, and can look', async () => {
  expect((await send('PUT', 'series', { key: intake.keys.read, body: 'id\n1\n' })).status).toBe(403)
  expect((await send('GET', 'series', { key: intake.keys.read })).status).toBe(200)
})

test.each([
  ['tills/1', 404],
  ['tills/99999999999999999999', 404],
  ['tills/abc', 400],
  ['tills/-1', 400],
  ['nonsense', 400],
  ['nonsense/1', 400],
])('%s is %i', async (path, status) => {
  expect((await send('GET', path)).status).toBe(status)
})
