import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { testQueues } from '../tests/support/queue-contract.ts'
import { testQueueFaults } from '../tests/support/queue-fault-contract.ts'
import { makeRecorder, openQueues, until } from '../tests/support/queue-fixture.ts'
import { startPostgresQueueServer, type QueueServer } from '../tests/support/queue-servers.ts'
import { migrateQueue } from './postgres-backend.ts'

let server: QueueServer

beforeAll(async () => {
  server = await startPostgresQueueServer()
})
afterAll(() => server.end())

describe('queues on PostgreSQL', () => testQueues(() => server))
describe('faults of queues on PostgreSQL', () => testQueueFaults(() => server))

describe('queues on PostgreSQL alone', () => {
  it('are migrated by any number of processes at once, and again', async () => {
    const location = await server.makeLocation()
    if (location.kind !== 'postgres') throw new Error('not PostgreSQL')
    await Promise.all([1, 2, 3].map(() => migrateQueue(location.databaseUrl)))
    await openQueues(location).ping()
  })

  it('say that the migrations are missing', async () => {
    const location = await server.makeLocation()
    if (location.kind !== 'postgres') throw new Error('not PostgreSQL')
    const databaseUrl = new URL(location.databaseUrl)
    databaseUrl.pathname = '/postgres'
    await expect(openQueues({ kind: 'postgres', databaseUrl: databaseUrl.href }).ping()).rejects.toThrow(
      /bullmq is missing from the database; run `npm run migrate`/,
    )
  })

  it('keep the options that the URL has', async () => {
    const location = await server.makeLocation()
    if (location.kind !== 'postgres') throw new Error('not PostgreSQL')
    const queues = openQueues({ kind: 'postgres', databaseUrl: `${location.databaseUrl}?options=-c%20work_mem%3D8MB` })
    const { ids, processor } = makeRecorder()
    queues.consume('import', processor, { concurrency: 1 })
    await queues.producer('import').enqueue({ importId: 5 }, { jobId: 'import-5-1' })
    await until(() => expect(ids()).toEqual([5]))
  })
})
