import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'

import { afterEach, beforeAll, expect, test } from 'vitest'

import { nodeArgsOf } from '../../../tests/support/app-process.ts'
import { blockNewKeys } from '../../../tests/support/obstacle.ts'
import { queryOnce } from '../../../tests/support/query-once.ts'
import { makeTemporaryFolder } from '../../../tests/support/temporary-folder.ts'
import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { waitUntil } from '../../../tests/support/wait-until.ts'

const KEY = 'bootstrap-key-0123456789'

let environment: Record<string, string>
let nodeArgs: readonly string[]
let child: ChildProcess | undefined

beforeAll(async () => {
  const { url } = await createTestDatabase()
  nodeArgs = await nodeArgsOf('intake')
  environment = {
    PATH: process.env['PATH'] ?? '',
    DATABASE_URL: url,
    DATA_DIR: await makeTemporaryFolder(),
    BOOTSTRAP_ORG_ID: '9619',
    BOOTSTRAP_API_KEY: KEY,
  }
})
afterEach(() => {
  child?.kill('SIGKILL')
})

function start(more: Record<string, string>): ChildProcess {
  child = spawn(process.execPath, nodeArgs, {
    env: { ...environment, ...more },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  return child
}

async function chooseFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

test('reports that it is ready, serves, and ends on SIGTERM', async () => {
  const port = await chooseFreePort()
  const intake = start({ PORT: String(port) })
  expect((await once(intake, 'message'))[0]).toEqual({ type: 'ready' })

  const url = `http://127.0.0.1:${port}`
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  const counted = await fetch(`${url}/v1/reference/coupons`, { headers: { Authorization: `Bearer ${KEY}` } })
  expect(await counted.text()).toBe('{"count":0}')

  intake.kill('SIGTERM')
  expect(await once(intake, 'exit')).toEqual([0, null])
})

test('serves for SHUTDOWN_DRAIN_SECONDS after SIGTERM, while it is not ready and each answer is the last of its connection', async () => {
  const port = await chooseFreePort()
  const metricsPort = await chooseFreePort()
  const intake = start({ PORT: String(port), METRICS_PORT: String(metricsPort), SHUTDOWN_DRAIN_SECONDS: '2' })
  await once(intake, 'message')
  const url = `http://127.0.0.1:${port}`
  const headers = { Authorization: `Bearer ${KEY}` }
  const before = await fetch(`${url}/v1/reference/coupons`, { headers })
  expect([before.status, before.headers.get('connection')]).toEqual([200, 'keep-alive'])

  intake.kill('SIGTERM')
  const stopping = { process: { ok: false, reason: 'the process is stopping; others take over its work' } }
  const notReady = await waitUntil('it is not ready', async () => {
    const response = await fetch(`${url}/readyz`)
    return response.status === 503 && response
  })
  expect(await notReady.json()).toEqual({ status: 'unavailable', checks: stopping })
  const observed = await fetch(`http://127.0.0.1:${metricsPort}/readyz`)
  expect([observed.status, await observed.json()]).toMatchObject([503, { checks: stopping }])
  const late = await fetch(`${url}/v1/reference/coupons`, { headers })
  expect([late.status, late.headers.get('connection')]).toEqual([200, 'close'])
  expect(await once(intake, 'exit')).toEqual([0, null])
})

test('is not ready before its key works, whatever is ready beside', async () => {
  const port = await chooseFreePort()
  const obstacle = await blockNewKeys(environment['DATABASE_URL'] ?? '')
  try {
    const intake = start({ PORT: String(port), BOOTSTRAP_API_KEY: 'another-key-0123456789' })
    const isReady = once(intake, 'message')
    await obstacle.waitUntilMet()
    const early = await fetch(`http://127.0.0.1:${port}/readyz`)
    expect(early.status).toBe(503)
    expect(await early.json()).toMatchObject({
      checks: { database: { ok: false, reason: expect.stringContaining('the API key') }, storage: { ok: true } },
    })
    await obstacle.remove()
    await isReady
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
  } finally {
    await obstacle.remove()
  }
})

test('answers each API with why, before its database can be worked with', async () => {
  const { url, ownerUrl } = await createTestDatabase()
  // As the database is while migrations of this version are missing.
  await queryOnce(
    ownerUrl,
    `UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name LIKE '%row_security'`,
  )
  const port = await chooseFreePort()
  const intake = start({ PORT: String(port), DATABASE_URL: url })
  const isReady = once(intake, 'message')
  const headers = { Authorization: `Bearer ${KEY}` }
  const send = async (target: string) => fetch(`http://127.0.0.1:${port}${target}`, { headers }).catch(() => null)
  const native = await waitUntil('it listens', async () => send('/v1/reference/coupons'))
  expect([native.status, await native.text()]).toEqual([503, expect.stringContaining('run `npm run migrate`')])
  const compatible = await send('/upload/getUploadRedeemedCouponStatus/1')
  expect([compatible?.status, await compatible?.json()]).toMatchObject([503, { success: false, status: 503 }])
  await queryOnce(ownerUrl, 'UPDATE _prisma_migrations SET rolled_back_at = NULL')
  await isReady
  expect((await send('/v1/reference/coupons'))?.status).toBe(200)
})

test('ends when the process that started it is gone', async () => {
  const intake = start({ PORT: String(await chooseFreePort()) })
  await once(intake, 'message')
  intake.disconnect()
  expect(await once(intake, 'exit')).toEqual([0, null])
})

test('BOOTSTRAP_ORG_ID alone makes the organization', async () => {
  const intake = start({ PORT: String(await chooseFreePort()), BOOTSTRAP_ORG_ID: '4711', BOOTSTRAP_API_KEY: '' })
  await once(intake, 'message')
  expect(await queryOnce(environment['DATABASE_URL'] ?? '', 'SELECT FROM organization WHERE id = 4711')).toHaveLength(1)
})

test.each([
  ['the operator gives', 200, 'given-key-0123456789', ''],
  ['npm start made', 401, 'kept-key-0123456789', 'kept-key-0123456789\n'],
])('a revoked key that %s is %i after the next start', async (_whose, status, key, kept) => {
  await writeFile(path.join(environment['DATA_DIR'] ?? '', 'api-key'), kept)
  const statuses: number[] = []
  for (const revoke of [true, false]) {
    const port = await chooseFreePort()
    const intake = start({ PORT: String(port), BOOTSTRAP_API_KEY: key })
    await once(intake, 'message')
    const headers = { Authorization: `Bearer ${key}` }
    statuses.push((await fetch(`http://127.0.0.1:${port}/v1/reference/coupons`, { headers })).status)
    intake.kill('SIGKILL')
    await once(intake, 'exit')
    if (revoke) await queryOnce(environment['DATABASE_URL'] ?? '', 'UPDATE api_key SET revoked_at = now()')
  }
  expect(statuses).toEqual([200, status])
})

test.each([
  [{ DATABASE_URL: '' }, /^DATABASE_URL is not set; expected a URL such as [^\n]+\n$/],
  [{ IMPORT_PARTITIONS: 'two' }, /^IMPORT_PARTITIONS is "two"; expected a whole number [^\n]+\n$/],
  [{ IMPORT_LANES: 'two' }, /^IMPORT_LANES is "two"; expected a whole number [^\n]+\n$/],
  [
    { SHUTDOWN_DRAIN_SECONDS: '20' },
    /^SHUTDOWN_DRAIN_SECONDS is 20; expected at most half of SHUTDOWN_TIMEOUT_SECONDS, which is 25[^\n]+\n$/,
  ],
  [{ PORT: 'http' }, /^PORT is "http"; expected a whole number [^\n]+\n$/],
])('a bad environment %j is one line and exit 1', async (more, line) => {
  const intake = start(more)
  const said = intake.stderr === null ? '' : await text(intake.stderr)
  expect(said).toMatch(line)
  if (intake.exitCode === null) await once(intake, 'exit')
  expect(intake.exitCode).toBe(1)
})
