import { afterAll, beforeAll, describe, expect } from 'vitest'

import { testQueues } from '../tests/support/queue-contract.ts'
import { testServerFaults, testWorkerFaults } from '../tests/support/queue-fault-contract.ts'
import { extendTest, makeRecorder, until } from '../tests/support/queue-fixture.ts'
import { startPostgresQueueServer, type PostgresQueueServer } from '../tests/support/queue-servers.ts'
import { migrateQueue } from './postgres-backend.ts'

let server: PostgresQueueServer

beforeAll(async () => {
  server = await startPostgresQueueServer()
})
afterAll(() => server.end())

const it = extendTest(() => server)

describe.concurrent('queues on PostgreSQL', () => {
  testWorkerFaults(it, () => server)
  testQueues(it)

  it('are migrated by any number of processes at once, and again', async ({ openQueues }) => {
    const databaseUrl = await server.makeDatabase('to_migrate')
    await Promise.all([1, 2, 3].map(() => migrateQueue(databaseUrl)))
    await migrateQueue(databaseUrl)
    await openQueues({ kind: 'postgres', databaseUrl }).ping()
  })

  it('need no right to create anything', async ({ location, openQueues }) => {
    const queues = openQueues({ kind: 'postgres', databaseUrl: await server.addLimitedRole(location) })
    const { ids, processor } = makeRecorder()
    queues.consume('import', processor, { concurrency: 1 })
    for (const name of ['import', 'prepare', 'revert'] as const) {
      const jobs = [1, 2].map((importId) => ({ payload: { importId }, jobId: `${name}-${importId}-1` }))
      await queues.producer(name).enqueueAll(jobs)
    }
    await queues.producer('webhook').enqueueAll([{ payload: { deliveryId: 1, turn: 0 }, jobId: 'webhook-1-0' }])
    await until(() => expect(ids()).toEqual([1, 2]))
  })

  it('say that the migrations are missing', async ({ openQueues }) => {
    const databaseUrl = await server.makeDatabase('not_migrated')
    await expect(openQueues({ kind: 'postgres', databaseUrl }).ping()).rejects.toThrow(
      /bullmq is missing from the database; run `npm run migrate`/,
    )
  })

  it('keep the options that the URL has', async ({ location, openQueues }) => {
    if (location.kind !== 'postgres') throw new Error('not PostgreSQL')
    const queues = openQueues({ kind: 'postgres', databaseUrl: `${location.databaseUrl}?options=-c%20work_mem%3D8MB` })
    const { ids, processor } = makeRecorder()
    queues.consume('import', processor, { concurrency: 1 })
    await queues.producer('import').enqueue({ importId: 5 }, { jobId: 'import-5-1' })
    await until(() => expect(ids()).toEqual([5]))
  })
})

describe('queues on a PostgreSQL that goes away', () => testServerFaults(it, () => server))
