import { createLog } from '@importer/runtime'
import { Redis } from 'ioredis'
import pg from 'pg'
import { expect } from 'vitest'

import type { QueueBackend } from '../../src/backend.ts'
import type { QueueLocation } from '../../src/create-queues.ts'
import { openPostgresBackend } from '../../src/postgres-backend.ts'
import { openRedisBackend } from '../../src/redis-backend.ts'
import { makeRecorder, until, type QueueTest } from './queue-fixture.ts'

/** What a queue does with jobs, whichever server holds them. */
export function testQueues(it: QueueTest): void {
  it('brings a job to the processor once, with its payload and id, and forgets it', async ({ queues }) => {
    const producer = queues.producer('import')
    const { seen, processor } = makeRecorder()
    await queues.ping()
    await producer.enqueue({ importId: 7 }, { jobId: 'import-7-1' })
    await producer.enqueue({ importId: 7 }, { jobId: 'import-7-1' })
    expect(await producer.hasJob('import-7-1')).toBe(true)
    expect(await producer.hasJob('import-7-2')).toBe(false)
    expect(await producer.countWaiting()).toBe(1)
    queues.consume('import', processor, { concurrency: 2 })
    await until(async () => expect(await producer.hasJob('import-7-1')).toBe(false))
    expect(seen).toMatchObject([{ importId: 7, context: { jobId: 'import-7-1', attempt: 1 } }])
    // The same id again, now that the queue has forgotten it.
    await producer.enqueue({ importId: 7 }, { jobId: 'import-7-1' })
    await until(() => expect(seen).toHaveLength(2))
  })

  it('starts an idle worker', async ({ queues }) => {
    const { seen, processor } = makeRecorder()
    queues.consume('import', processor, { concurrency: 1 })
    for (let id = 1; id <= 3; id += 1) {
      await queues.producer('import').enqueue({ importId: id }, { jobId: `import-${id}-1` })
      await until(() => expect(seen).toHaveLength(id))
    }
  })

  it('gives jobs by priority, the lowest number first, and equals in their order', async ({ queues }) => {
    const producer = queues.producer('import')
    const { processor, ids } = makeRecorder()
    for (const [importId, priority] of [
      [1, 50],
      [2, 3],
      [3, 50],
      [4, undefined],
      [5, 2_097_151],
      [6, 3],
      [7, 0],
    ] as const) {
      await producer.enqueue(
        { importId },
        { jobId: `import-${importId}-1`, ...(priority !== undefined && { priority }) },
      )
    }
    expect(await producer.countWaiting()).toBe(7)
    queues.consume('import', processor, { concurrency: 1 })
    await until(() => expect(ids()).toEqual([4, 7, 2, 6, 1, 3, 5]))
    expect(await producer.countWaiting()).toBe(0)
  })

  it('tries a failed job again, counts the attempts and logs each failure', async ({ queues, lines }) => {
    const attempts: number[] = []
    queues.consume(
      'import',
      async (_payload, { attempt }) => {
        attempts.push(attempt)
        if (attempt < 3) throw new Error('the database blinked')
      },
      { concurrency: 1 },
    )
    await queues.producer('import').enqueue({ importId: 1 }, { jobId: 'import-1-1' })
    await until(() => expect(attempts).toEqual([1, 2, 3]))
    await until(async () => expect(await queues.producer('import').hasJob('import-1-1')).toBe(false))
    const logged = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ err }) => err !== undefined)
    expect(logged).toMatchObject([1, 2].map((attempt) => ({ jobId: 'import-1-1', importId: 1, attempt })))
    expect(logged).toMatchObject(logged.map(() => ({ err: { message: 'the database blinked' } })))
  })

  it('works on several jobs at once, as many as it was set to', async ({ queues }) => {
    let running = 0
    let most = 0
    const gates: (() => void)[] = []
    queues.consume(
      'import',
      async () => {
        running += 1
        most = Math.max(most, running)
        await new Promise<void>((resolve) => {
          gates.push(resolve)
        })
        running -= 1
      },
      { concurrency: 3 },
    )
    const producer = queues.producer('import')
    for (let id = 1; id <= 5; id += 1) await producer.enqueue({ importId: id }, { jobId: `import-${id}-1` })
    await until(() => expect(running).toBe(3))
    expect(await producer.countWaiting()).toBe(2)
    await until(async () => {
      for (const finish of gates.splice(0)) finish()
      expect(await producer.hasJob('import-5-1')).toBe(false)
    })
    expect(most).toBe(3)
  })

  it('refuses a payload, an id or a priority that is none', async ({ queues }) => {
    const producer = queues.producer('import')
    await expect(producer.enqueue({ importId: -1 }, { jobId: 'import-1-1' })).rejects.toThrow(/importId/)
    for (const jobId of ['17', '', 'a:b', 'import 1']) {
      await expect(producer.enqueue({ importId: 1 }, { jobId })).rejects.toThrow(TypeError)
    }
    await expect(producer.enqueue({ importId: 1 }, { jobId: 'a', priority: -1 })).rejects.toThrow(RangeError)
    expect(await producer.countWaiting()).toBe(0)
  })

  it('drops a job whose payload cannot be read, and goes on', async ({ queues, location, lines }) => {
    await addAsOtherVersion(location, 'import-7-1', { importId: 'seven' })
    const { processor, ids } = makeRecorder()
    queues.consume('import', processor, { concurrency: 1 })
    await queues.producer('import').enqueue({ importId: 8 }, { jobId: 'import-8-1' })
    await until(() => expect(ids()).toEqual([8]))
    await until(async () => expect(await queues.producer('import').hasJob('import-7-1')).toBe(false))
    expect(lines.join('')).toContain('a payload that cannot be read')
  })

  it('takes the jobs of the version before, whose payloads have no version', async ({ queues, location }) => {
    await addAsOtherVersion(location, 'import-7-1', { importId: 7 })
    const { processor, ids } = makeRecorder()
    queues.consume('import', processor, { concurrency: 1 })
    await until(() => expect(ids()).toEqual([7]))
  })

  it('leaves a job of a later version to a worker of that version, and goes on with its own', async ({
    queues,
    location,
    lines,
  }) => {
    await addAsOtherVersion(location, 'import-7-1', { importIds: ['7'], version: 2 })
    const producer = queues.producer('import')
    const { processor, ids } = makeRecorder()
    const older = queues.consume('import', processor, { concurrency: 1 })
    await producer.enqueue({ importId: 8 }, { jobId: 'import-8-1' })
    await until(() => expect(ids()).toEqual([8]))
    await until(() => expect(lines.join('')).toContain('newer than this worker'))
    expect(await producer.hasJob('import-7-1')).toBe(true)
    // Beside a newer one it may be offered the job any number of times first.
    await older.close()

    const newer = openBackend(location)
    const taken: unknown[] = []
    const worker = newer.openWorker('imports', async (job) => taken.push(job.data), { autorun: false })
    worker.on('error', fail)
    const running = worker.run()
    await until(async () => expect(await producer.hasJob('import-7-1')).toBe(false))
    expect(taken).toEqual([{ importIds: ['7'], version: 2 }])
    expect(ids()).toEqual([8])
    await worker.close()
    await running
    await newer.close()
  })

  it('keeps a job of a later version after a rollback, until all jobs are removed: then it can be queued as of this version', async ({
    location,
    queues,
    lines,
  }) => {
    await addAsOtherVersion(location, 'import-7-1', { importIds: ['7'], version: 2 })
    const producer = queues.producer('import')
    const { processor, ids } = makeRecorder()
    queues.consume('import', processor, { concurrency: 1 })
    await until(() => expect(lines.join('')).toContain('newer than this worker'))
    // The same id is there already.
    await producer.enqueue({ importId: 7 }, { jobId: 'import-7-1' })
    await producer.enqueue({ importId: 8 }, { jobId: 'import-8-1' })
    await until(() => expect(ids()).toEqual([8]))
    expect(await producer.hasJob('import-7-1')).toBe(true)

    await removeAllJobs(location)
    expect(await producer.hasJob('import-7-1')).toBe(false)
    await producer.enqueue({ importId: 7 }, { jobId: 'import-7-1' })
    await until(() => expect(ids()).toEqual([8, 7]))
  })
}

/** As docs/operations.md has it for a rollback. */
async function removeAllJobs(location: QueueLocation): Promise<void> {
  if (location.kind === 'postgres') {
    const client = new pg.Client({ connectionString: location.databaseUrl })
    await client.connect()
    await client.query('DELETE FROM bullmq.job')
    await client.end()
  } else {
    const client = new Redis(location.redisUrl)
    await client.flushdb()
    client.disconnect()
  }
}

/** Queues a job as a program of another version does. */
async function addAsOtherVersion(location: QueueLocation, jobId: string, data: unknown): Promise<void> {
  const backend = openBackend(location)
  const queue = backend.openQueue('imports')
  await queue.add('import', data, { jobId, attempts: 9, removeOnComplete: true, removeOnFail: true })
  await queue.close()
  await backend.close()
}

function openBackend(location: QueueLocation): QueueBackend {
  return location.kind === 'postgres'
    ? openPostgresBackend(location.databaseUrl, fail)
    : openRedisBackend({
        redisUrl: location.redisUrl,
        log: createLog({ name: 'test', level: 'silent' }),
        reportError: fail,
      })
}

function fail(error: Error): never {
  throw error
}
