import { openDatabase } from '@importer/db'
import { expect, test } from 'vitest'

import { startFaultyProxy } from '../../../tests/support/faulty-proxy.ts'
import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { waitUntil } from '../../../tests/support/wait-until.ts'
import { createWorkerMetrics } from './metrics.ts'

test('of a silent database what it would say is NaN, before its own limit, and the other metrics are given', async () => {
  const { url } = await createTestDatabase()
  const proxy = await startFaultyProxy(url, 5432)
  const database = openDatabase({
    url: proxy.url,
    applicationName: 'test',
    maxConnections: 2,
    onConnectionLost: () => undefined,
  })
  const { registry, countReverted } = createWorkerMetrics({ database, pools: [database] })
  countReverted()
  expect(await registry.metrics()).toContain('\nredemptions_imports_waiting 0\n')

  // Both connections are there: a new one would be given up sooner than a silent one.
  await Promise.all([database.prisma.$queryRaw`SELECT 1`, database.prisma.$queryRaw`SELECT 1`])
  proxy.disturb({ kind: 'silent' })
  // Given up by its own limit.
  const query = database.prisma.$queryRaw`SELECT 1`.then(
    () => 'the database answered',
    () => 'the database was given up',
  )
  // What the look before has found is fresh for a second.
  const silent = waitUntil('it has looked again', async () => {
    const text = await registry.metrics()
    return text.includes('\nredemptions_imports_waiting 0\n') ? null : text
  })
  const text = await Promise.race([silent, query])
  for (const name of ['imports_waiting', 'imports_preparing', 'imports_reverting', 'webhook_oldest_due_seconds'])
    expect(text).toContain(`\nredemptions_${name} Nan\n`)
  expect(text).toContain('\nredemptions_imports_total{status="reverted"} 1\n')
  await proxy.stop()
  await query
  await database.close()
})
