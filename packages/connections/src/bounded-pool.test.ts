import { UnavailableError } from '@importer/contracts'
import pg from 'pg'
import { beforeAll, expect, test } from 'vitest'

import { afterFile } from '../../../tests/support/after-file.ts'
import { startFaultyProxy, type Fault, type FaultyProxy } from '../../../tests/support/faulty-proxy.ts'
import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { BoundedPool, POSTGRES_REQUESTS } from './bounded-pool.ts'

/** Far above what a good answer takes on a busy machine: only the disturbed ones wait for it, side by side. */
const LIMIT_MS = 2_000

let databaseUrl: string

beforeAll(async () => {
  databaseUrl = (await createTestDatabase()).url
})

function openPool(
  config: { url?: string; max?: number; settings?: Readonly<Record<string, string>> } = {},
): BoundedPool {
  const pool = new BoundedPool({
    connectionString: config.url ?? databaseUrl,
    max: config.max ?? 1,
    requestTimeoutMs: LIMIT_MS,
    connectionTimeoutMillis: LIMIT_MS,
    sessionSettings: { ...POSTGRES_REQUESTS.sessionSettings, ...config.settings },
  })
  pool.on('error', () => undefined)
  afterFile(async () => pool.end())
  return pool
}

async function openPoolBehindProxy(): Promise<{ pool: BoundedPool; proxy: FaultyProxy }> {
  const proxy = await startFaultyProxy(databaseUrl, 5432)
  afterFile(async () => proxy.stop())
  return { pool: openPool({ url: proxy.url }), proxy }
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`it succeeded with ${JSON.stringify(value)}`)
    },
    (error: unknown) => error,
  )
}

const FAULTS: Fault[] = [{ kind: 'silent' }, { kind: 'trickle', bytesPerSecond: 20 }, { kind: 'reset' }]

test.concurrent.each(FAULTS)(
  'a peer that is $kind is unavailable, and its connection is never used again',
  async (fault) => {
    const { pool, proxy } = await openPoolBehindProxy()
    const before = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    proxy.disturb(fault)
    expect(await failureOf(pool.query(`SELECT repeat('x', 1000)`))).toMatchObject({
      name: 'UnavailableError',
      code: 'DATABASE_UNAVAILABLE',
    })
    expect(pool.totalCount).toBe(0)
    proxy.heal()
    const after = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    expect(after.rows[0]?.pid).not.toBe(before.rows[0]?.pid)
  },
)

test.concurrent('a peer that falls silent within a transaction is noticed, and what is sent after it fails at once', async () => {
  const { pool, proxy } = await openPoolBehindProxy()
  const client = await pool.connect()
  client.on('error', () => undefined)
  await client.query('BEGIN')
  proxy.disturb({ kind: 'silent' })
  expect(await failureOf(client.query('SELECT 1'))).toBeInstanceOf(UnavailableError)
  expect(await failureOf(client.query('ROLLBACK'))).toBeInstanceOf(UnavailableError)
  // Prisma's adapter gives connections back so, whatever happened to them.
  client.release()
  expect(pool.totalCount).toBe(0)
})

test.concurrent.each(FAULTS)(
  'no connection is made to a peer that is $kind, and that is unavailable',
  async (fault) => {
    const { pool, proxy } = await openPoolBehindProxy()
    proxy.disturb(fault)
    expect(await failureOf(pool.query('SELECT 1'))).toBeInstanceOf(UnavailableError)
    expect(await failureOf(pool.connect())).toBeInstanceOf(UnavailableError)
  },
)

test.concurrent('a peer that is only slow is waited for', async () => {
  const { pool, proxy } = await openPoolBehindProxy()
  await pool.query('SELECT 1')
  proxy.disturb({ kind: 'slow', delayMs: 50 })
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('the wait for a free connection has a limit', async () => {
  const pool = openPool()
  const client = await pool.connect()
  expect(await failureOf(pool.query('SELECT 1'))).toBeInstanceOf(UnavailableError)
  client.release()
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('a server that is not there, and a database that is not, are unavailable', async () => {
  const elsewhere = new URL(databaseUrl)
  elsewhere.port = '1'
  for (const url of [elsewhere.href, databaseUrl.replace(/\/[^/]*$/, '/no_such_database')]) {
    const pool = new BoundedPool({ connectionString: url, max: 1 })
    afterFile(async () => pool.end())
    expect(await failureOf(pool.query('SELECT 1'))).toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  }
})

test('the server stops a statement by itself before the client gives it up', async () => {
  const pool = openPool({ settings: { statement_timeout: '100' } })
  const error = await failureOf(pool.query('SELECT pg_sleep(10)'))
  expect(error).toMatchObject({ name: 'UnavailableError', cause: { code: '57014' } })
})

test('every connection has limits and keep-alive on the server, and what a server does not know is left out', async () => {
  const pool = openPool({ settings: { a_setting_of_a_later_version: '1' } })
  const { rows } = await pool.query<{ name: string; setting: string }>(
    `SELECT name, setting FROM pg_settings WHERE source = 'session' ORDER BY name`,
  )
  expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toMatchObject({
    idle_in_transaction_session_timeout: '10000',
    statement_timeout: '25000',
    tcp_keepalives_idle: '10',
    tcp_user_timeout: '20000',
    transaction_timeout: '30000',
  })
})

const UNAVAILABLE = ['08006', '25006', '53100', '53200', '53300', '55P03', '57014', '57P01', '57P03', '58030']
const ANSWERS = ['22012', '23505', '23514', '40001', '40P01', '42P01', '42601', 'P0001', 'XX000']

test.each([...UNAVAILABLE.map((state) => [state, true] as const), ...ANSWERS.map((state) => [state, false] as const)])(
  'the answer %s is unavailable: %s',
  async (state, expected) => {
    const pool = openPool()
    const error = await failureOf(
      pool.query(`DO $$ BEGIN RAISE EXCEPTION 'made for a test' USING ERRCODE = '${state}'; END $$`),
    )
    expect(error instanceof UnavailableError).toBe(expected)
    expect(expected ? (error as Error).cause : error).toMatchObject({ code: state })
    expect(expected ? (error as Error).cause : error).toBeInstanceOf(pg.DatabaseError)
  },
)

test('what the caller does wrong is not the database being away', async () => {
  const pool = openPool()
  const circle: { self?: unknown } = {}
  circle.self = circle
  expect(await failureOf(pool.query('SELECT $1::json', [circle]))).toBeInstanceOf(TypeError)
})

test.concurrent('what waits in a pool beside a connection that was silent is not trusted any longer', async () => {
  const proxy = await startFaultyProxy(databaseUrl, 5432)
  afterFile(async () => proxy.stop())
  const [pool, other] = [openPool({ url: proxy.url, max: 5 }), openPool({ url: proxy.url, max: 5 })]
  const readPid = async (from: BoundedPool): Promise<number> => {
    const { rows } = await from.query<{ pid: number }>('SELECT pg_backend_pid() AS pid, pg_sleep(0.2)')
    return rows[0]?.pid ?? 0
  }
  const old = await Promise.all([pool, pool, pool, other, other].map(readPid))
  proxy.disturb({ kind: 'silent' })
  proxy.heal()
  expect(await failureOf(pool.query('SELECT 1'))).toBeInstanceOf(UnavailableError)
  const next = await Promise.all([pool, pool, pool, other, other].map(readPid))
  expect(next.filter((pid) => old.includes(pid))).toEqual([])
})
