import { UnavailableError } from '@importer/contracts'
import { TransactionPoolerError } from '@importer/db'
import { expect, test } from 'vitest'

import { guardDatabase, watchPooler } from './guard-database.ts'

const AWAY = new UnavailableError('DATABASE_UNAVAILABLE', 'the connection to postgresql://user:hunter2@host failed', {
  cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
})
const SHARED = new TransactionPoolerError()
const NEVER = new AbortController().signal

/** What each look finds, the next one first; null: all is well, as it is when nothing is left. */
function guardOver(found: { schema?: (Error | null)[]; pooler?: (Error | null)[] }) {
  const warnings: unknown[] = []
  const take =
    (errors: (Error | null)[] = []) =>
    async (): Promise<void> => {
      const error = errors.shift()
      if (error) throw error
    }
  const log = { warn: (...words: unknown[]) => warnings.push(words) }
  return { guard: guardDatabase({ checkSchema: take(found.schema), checkPooler: take(found.pooler), log }), warnings }
}

test('nobody may work with the database before schema and pooler were found good', async () => {
  const { guard } = guardOver({ schema: [AWAY], pooler: [SHARED] })
  expect(guard.fault).toBe('the database was not checked yet')
  await expect(guard.check()).rejects.toBe(AWAY)
  expect(guard.fault).toBe('failed (ECONNREFUSED)')
  await expect(guard.check()).rejects.toBe(SHARED)
  expect(guard.fault).toBe(SHARED.message)
  await guard.check()
  expect(guard.fault).toBeNull()
})

test('a database that is away later is no reason to ask it nothing, and the pooler is not checked with each request', async () => {
  const { guard } = guardOver({ schema: [null, AWAY], pooler: [null, SHARED] })
  await guard.check()
  await expect(guard.check()).rejects.toBe(AWAY)
  expect(guard.fault).toBeNull()
  await guard.check()
  expect(guard.fault).toBeNull()
})

test('a pooler that shares sessions later is one, until it does no more', async () => {
  const { guard } = guardOver({ pooler: [null, null, SHARED, SHARED] })
  await guard.check()
  await watchPooler(guard, { signal: NEVER, everyMs: 1 })
  expect(guard.fault).toBe(SHARED.message)
  await expect(guard.check()).rejects.toBe(SHARED)
  await guard.check()
  expect(guard.fault).toBeNull()
})

test('a check that finds no connection free says nothing about the pooler', async () => {
  const { guard, warnings } = guardOver({ pooler: [null, AWAY] })
  await guard.check()
  await guard.checkPoolerAgain()
  expect(guard.fault).toBeNull()
  expect(warnings).toHaveLength(1)
})

test('the watch ends with its process', async () => {
  const { guard } = guardOver({})
  await guard.check()
  const stopping = new AbortController()
  const watched = watchPooler(guard, { signal: stopping.signal, everyMs: 60_000 })
  stopping.abort()
  await watched
  expect(guard.fault).toBeNull()
})
