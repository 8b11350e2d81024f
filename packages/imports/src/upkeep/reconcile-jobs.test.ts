import { importJobId, nextRevertJobId, revertJobIds } from '@importer/contracts'
import { createQueues, type Producer, type Queues } from '@importer/queue'
import { createLog } from '@importer/runtime'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { openTestDatabase } from '../../../../tests/support/open-test-database.ts'
import { hasRedisServer, startRedisServer, type RedisServer } from '../../../../tests/support/redis-server.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { reconcileJobs, type JobQueue } from './reconcile-jobs.ts'

const ORG = 1
const WAITING = 10_000
const log = createLog({ name: 'test', level: 'silent' })

const { url: databaseUrl } = await createTestDatabase()
const database = openTestDatabase(databaseUrl)
let redis: RedisServer | undefined

beforeAll(async () => {
  await database.prisma.organization.create({ data: { id: ORG } })
  if (hasRedisServer()) redis = await startRedisServer()
  // As after hours in which nobody took a job: statistics are gathered of none of it.
  await database.prisma.$executeRaw`
    INSERT INTO import (org_id, series_id, file_key, file_name, bytes, sha256, mapping, updated_at)
    SELECT ${ORG}::int, 1, 'k' || n, 'a.csv', 1, 'x', '{}', now() - interval '1 hour'
    FROM generate_series(1, ${WAITING}::int) n`
})

afterAll(() => redis?.stop())

/** The queue, and how often it was asked. */
function countRequests(producer: Producer<'import'> | Producer<'revert'>): JobQueue & { requests: number } {
  const counted = {
    requests: 0,
    findJobs: async (jobIds: readonly string[]) => {
      counted.requests += 1
      return producer.findJobs(jobIds)
    },
    enqueueAll: async (jobs: Parameters<JobQueue['enqueueAll']>[0]) => {
      counted.requests += 1
      await producer.enqueueAll(jobs)
    },
  }
  return counted
}

describe.each(['postgres', 'redis'] as const)('with %s', (kind) => {
  let queues: Queues
  let producer: Producer<'import'>

  beforeAll(() => {
    if (kind === 'redis' && redis === undefined) return
    const backend =
      kind === 'postgres'
        ? ({ kind: 'postgres', databaseUrl } as const)
        : ({ kind: 'redis', redisUrl: redis?.url ?? '' } as const)
    queues = createQueues({ backend, log })
    producer = queues.producer('import')
  })

  afterAll(async () => queues?.close())

  afterEach(async () => {
    await database.prisma.maintenance.deleteMany()
  })

  it.skipIf(kind === 'redis' && !hasRedisServer())(
    'fills a lost queue in one round, then looks at one page a round and the newest, and finds those that are lost on either',
    async () => {
      const queue = countRequests(producer)
      const reverts = countRequests(queues.producer('revert'))
      const round = async (reached: number) => {
        queue.requests = 0
        return reconcileJobs({ database, queue, prepareQueue: reverts, revertQueue: reverts, log }, reached)
      }
      expect(await round(0)).toEqual({ requeued: WAITING, reached: 0 })
      expect(await producer.countWaiting()).toBe(WAITING)
      // A look and an addition for each of ten pages, and the look at what is behind the last.
      expect(queue.requests).toBeLessThanOrEqual(21)

      const ids = await database.prisma.import.findMany({
        select: { id: true, fencingToken: true },
        orderBy: { id: 'asc' },
      })
      const first = ids[0]?.id ?? 0
      let reached = 0
      for (let page = 1; page <= 10; page += 1) {
        const result = await round(reached)
        expect(result.requeued).toBe(0)
        expect(queue.requests).toBe(2)
        reached = result.reached
        expect(reached).toBe(first + page * 1_000 - 1)
      }
      expect(await round(reached)).toEqual({ requeued: 0, reached: 0 })
      // Nobody has a revert to do, and nobody is asked.
      expect(reverts.requests).toBe(0)

      // The latest upload, whose writer died before it added the job, while the round looks elsewhere.
      const last = ids.at(-1)?.id ?? 0
      await database.prisma.import.update({ where: { id: last }, data: { jobId: 'gone-2', updatedAt: new Date(0) } })
      expect(await round(first + 2_999)).toEqual({ requeued: 1, reached: first + 3_999 })
      expect([...(await producer.findJobs([importJobId(last, 0)]))]).toHaveLength(1)
      await database.prisma.import.update({ where: { id: last }, data: { jobId: null, updatedAt: new Date(0) } })

      // A queued import whose job was never added: its job id was not written either.
      await database.prisma.import.update({
        where: { id: first + 7_777 },
        data: { jobId: 'import-gone-1', updatedAt: new Date(0) },
      })
      expect(await round(first + 6_999)).toMatchObject({ requeued: 1 })
      expect([...(await producer.findJobs([importJobId(first + 7_777, 0)]))]).toHaveLength(1)
      await database.prisma.import.update({
        where: { id: first + 7_777 },
        data: { jobId: null, updatedAt: new Date(0) },
      })
    },
  )

  it.skipIf(kind === 'redis' && !hasRedisServer())('leaves alone a revert that has either of its jobs', async () => {
    const { id } = await database.prisma.import.create({
      data: {
        orgId: ORG,
        seriesId: 1n,
        status: 'completed',
        fileKey: `reverting-${kind}`,
        fileName: 'a',
        bytes: 1n,
        sha256: 'x',
        mapping: {},
        revertRequestedAt: new Date(0),
        updatedAt: new Date(0),
      },
    })
    const reverts = queues.producer('revert')
    const [first, continued] = revertJobIds(id)
    expect(nextRevertJobId(id, first)).toBe(continued)
    expect(nextRevertJobId(id, continued)).toBe(first)
    await reverts.enqueue({ importId: id }, { jobId: continued })
    const round = async () =>
      reconcileJobs({ database, queue: producer, prepareQueue: producer, revertQueue: reverts, log }, 0)
    await round()
    expect([...(await reverts.findJobs([first, continued]))]).toEqual([continued])
    await database.prisma.import.delete({ where: { id } })
  })

  it.skipIf(kind === 'redis' && !hasRedisServer())('leaves alone what made progress just now', async () => {
    const { id } = await database.prisma.import.create({
      data: { orgId: ORG, seriesId: 1n, fileKey: `young-${kind}`, fileName: 'a', bytes: 1n, sha256: 'x', mapping: {} },
    })
    const queue = producer
    await reconcileJobs({ database, queue, prepareQueue: queue, revertQueue: queue, log }, id - 1)
    expect([...(await producer.findJobs([importJobId(id, 0)]))]).toEqual([])
    await database.prisma.import.delete({ where: { id } })
  })
})
