import { UnavailableError } from '@importer/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startFaultyProxy, type FaultyProxy } from '../../../tests/support/faulty-proxy.ts'
import { openTestDatabase } from '../../../tests/support/open-test-database.ts'
import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { isConcurrencyConflict, sqlStateOf } from './database-errors.ts'
import type { SystemDatabase } from './open-database.ts'

let proxy: FaultyProxy
let database: SystemDatabase

beforeAll(async () => {
  const { url } = await createTestDatabase()
  proxy = await startFaultyProxy(url, 5432)
  database = openTestDatabase(proxy.url)
})
afterAll(() => proxy.stop())

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  )
}

/** Every way in which a statement is sent. `disturb` is called when the connection is there and in use. */
const WAYS: Record<string, (disturb: () => void) => Promise<unknown>> = {
  'a raw query': async (disturb) => {
    await database.ping()
    disturb()
    return database.prisma.$queryRaw`SELECT 1`
  },
  'a raw statement': async (disturb) => {
    await database.ping()
    disturb()
    return database.prisma.$executeRaw`SELECT 1`
  },
  'a batch': async (disturb) => {
    await database.ping()
    disturb()
    return database.queryBatch('SELECT octet_length($1::bytea)', [Buffer.from('a')])
  },
  'a query of a model': async (disturb) => {
    await database.ping()
    disturb()
    return database.prisma.organization.findMany()
  },
  'the begin of a transaction': async (disturb) => {
    await database.ping()
    disturb()
    return database.transaction(async (tx) => tx.organization.count())
  },
  'a query within a transaction': async (disturb) =>
    database.transaction(async (tx) => {
      disturb()
      return tx.organization.count()
    }),
  'the commit of a transaction': async (disturb) =>
    database.transaction(async (tx) => {
      await tx.organization.count()
      disturb()
    }),
}

test.each(Object.entries(WAYS))('%s on a connection that breaks is unavailable', async (_name, send) => {
  const error = await failureOf(send(() => proxy.disturb({ kind: 'reset' })))
  proxy.heal()
  expect(error).toBeInstanceOf(UnavailableError)
  expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  expect((error as Error).message).toMatch(/^the connection to the database failed/)
  expect(await database.prisma.organization.count()).toBe(0)
})

test.each([
  ['57014', true],
  ['53300', true],
  ['40001', false],
  ['22012', false],
])('an answer with SQLSTATE %s is unavailable: %s', async (state, expected) => {
  const statement = `DO $$ BEGIN RAISE EXCEPTION 'made for a test' USING ERRCODE = '${state}'; END $$`
  const error = await failureOf(database.prisma.$executeRawUnsafe(statement))
  expect(error instanceof UnavailableError).toBe(expected)
  if (expected) expect((error as Error).message).toBe(`the database refuses for now (SQLSTATE ${state})`)
  else expect(sqlStateOf(error)).toBe(state)
  expect(isConcurrencyConflict(error)).toBe(state === '40001')
})

test('a key that is there already is recognized by its SQLSTATE, from a raw query as from a model', async () => {
  await database.prisma.organization.create({ data: { id: 7 } })
  const raw = await failureOf(database.prisma.$executeRaw`INSERT INTO organization (id) VALUES (7)`)
  const model = await failureOf(database.prisma.organization.create({ data: { id: 7 } }))
  expect([raw, model].map((error) => sqlStateOf(error))).toEqual(['23505', '23505'])
  expect([raw, model].map((error) => isConcurrencyConflict(error))).toEqual([true, true])
})

test.each(['EPIPE', 'EPERM', 'EBUSY', 'P2002', 'ABCDE'])(
  '%s did not come from the server and is no SQLSTATE',
  (code) => {
    const error = Object.assign(new Error(`write ${code}`), { code })
    expect(sqlStateOf(error)).toBeUndefined()
    expect(sqlStateOf(new Error('outer', { cause: error }))).toBeUndefined()
  },
)
