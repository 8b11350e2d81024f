import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { expect } from 'vitest'

import type { JobContext } from '../../src/consumer.ts'
import { QueueUnavailableError } from '../../src/queue-unavailable-error.ts'
import { makeRecorder, until, type QueueTest } from './queue-fixture.ts'
import type { QueueServer } from './queue-servers.ts'

const HANGING_WORKER = fileURLToPath(new URL('./hanging-worker.fixture.ts', import.meta.url))

/** Shorter than those of production, with as many looks and renewals for each lock. */
const SHORT_LOCK = { lockDuration: 2500, lockRenewTime: 500, stalledInterval: 500 }
/** Longer than any test: only a job that is given back is taken again. */
const ENDLESS_LOCK = { lockDuration: 3_600_000, lockRenewTime: 900_000, stalledInterval: 500 }

/** A processor that runs until it gets the signal to stop, as an import does. */
async function runUntilAborted(_payload: unknown, { signal }: JobContext): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
  signal.throwIfAborted()
}

/** What a queue does when workers go away, whichever server holds its jobs. */
export function testWorkerFaults(it: QueueTest, server: () => QueueServer): void {
  it('takes over the job of a killed worker', { timeout: 60_000 }, async ({ location, openQueues }) => {
    const queues = openQueues(location, SHORT_LOCK)
    await queues.producer('import').enqueue({ importId: 1 }, { jobId: 'import-1-1' })
    const other = fork(HANGING_WORKER, [JSON.stringify({ backend: location, lockTimes: SHORT_LOCK })], {
      execArgv: ['--import', 'tsx'],
    })
    const [jobId] = (await once(other, 'message')) as [string]
    expect(jobId).toBe('import-1-1')
    const { seen, processor } = makeRecorder()
    queues.consume('import', processor, { concurrency: 1 })
    // Longer than the lock holds: as long as its worker lives, nobody else gets the job.
    await expect(until(() => expect(seen).not.toEqual([]), 4000)).rejects.toThrow()
    other.kill('SIGKILL')
    await until(() => expect(seen).toMatchObject([{ importId: 1, context: { attempt: 1 } }]))
  })

  it('gives a running job back when it closes, so that another worker takes it at once', async ({
    location,
    openQueues,
  }) => {
    const queues = openQueues(location, ENDLESS_LOCK)
    let taken = false
    const first = queues.consume(
      'import',
      async (payload, context) => {
        taken = true
        await runUntilAborted(payload, context)
      },
      { concurrency: 1 },
    )
    await queues.producer('import').enqueue({ importId: 1 }, { jobId: 'import-1-1', priority: 5 })
    await until(() => expect(taken).toBe(true))
    const { seen, processor } = makeRecorder()
    expect(await first.close()).toBe(true)
    expect(await first.close()).toBe(true)
    openQueues(location).consume('import', processor, { concurrency: 1 })
    await until(() => expect(seen).toMatchObject([{ importId: 1, context: { attempt: 1 } }]))
  })

  it('closes over a processor that does not stop', async ({ queues, lines }) => {
    let finish: (() => void) | undefined
    const consumer = queues.consume(
      'import',
      () =>
        new Promise<void>((resolve) => {
          finish = resolve
        }),
      { concurrency: 1 },
    )
    await queues.producer('import').enqueue({ importId: 1 }, { jobId: 'import-1-1' })
    await until(() => expect(finish).toBeDefined())
    expect(await consumer.close({ deadlineMs: 200 })).toBe(false)
    expect(lines.join('')).toContain('closing without waiting any longer')
    finish?.()
  })

  it('warns when a worker has lost the lock of its job, and neither stops it nor fails', async ({
    location,
    queues,
    openQueues,
    lines,
  }) => {
    const finishes: (() => void)[] = []
    queues.consume(
      'import',
      () =>
        new Promise<void>((resolve) => {
          finishes.push(resolve)
        }),
      { concurrency: 2 },
    )
    await queues.producer('import').enqueue({ importId: 1 }, { jobId: 'import-1-1' })
    await until(() => expect(finishes).toHaveLength(1))
    await server().breakLock(location, 'import-1-1')
    await until(() => expect(finishes).toHaveLength(2))
    for (const finish of finishes) finish()
    await until(async () => expect(await queues.producer('import').hasJob('import-1-1')).toBe(false))
    await until(() => expect(lines.join('')).toMatch(/"level":"warn".*lost the lock/))
    const { ids, processor } = makeRecorder()
    openQueues(location).consume('import', processor, { concurrency: 1 })
    await queues.producer('import').enqueue({ importId: 2 }, { jobId: 'import-2-1' })
    await until(() => expect([...ids(), ...finishes.slice(2)]).not.toEqual([]))
    for (const finish of finishes) finish()
  })
}

/** What a queue does when its server goes away: one that no other test uses meanwhile, so one after the other. */
export function testServerFaults(it: QueueTest, server: () => QueueServer): void {
  it(
    'outlives a restart of the server, with a job that runs meanwhile',
    { timeout: 60_000, concurrent: false },
    async ({ queues, lines }) => {
      const producer = queues.producer('import')
      const done: number[] = []
      let finishFirst: (() => void) | undefined
      queues.consume(
        'import',
        async ({ importId }) => {
          if (importId === 1) {
            await new Promise<void>((resolve) => {
              finishFirst = resolve
            })
          }
          done.push(importId)
        },
        { concurrency: 2 },
      )
      await producer.enqueue({ importId: 1 }, { jobId: 'import-1-1' })
      await until(() => expect(finishFirst).toBeDefined())

      await server().goAway()
      await expect(producer.enqueue({ importId: 2 }, { jobId: 'import-2-1' })).rejects.toThrow(QueueUnavailableError)
      await expect(queues.ping()).rejects.toThrow(QueueUnavailableError)
      expect(lines.filter((line) => line.includes('"level":"error"'))).not.toEqual([])

      await server().comeBack()
      await until(() => queues.ping())
      await producer.enqueue({ importId: 3 }, { jobId: 'import-3-1' })
      await until(() => expect(done).toContain(3))
      finishFirst?.()
      await until(async () => {
        finishFirst?.()
        expect(await producer.hasJob('import-1-1')).toBe(false)
      })
      expect(lines.length).toBeLessThan(200)
    },
  )

  it(
    'waits for a server that is not there yet, and closes without one',
    { timeout: 60_000, concurrent: false },
    async ({ location, openQueues }) => {
      await server().goAway()
      const early = openQueues(location)
      const { ids, processor } = makeRecorder()
      early.consume('import', processor, { concurrency: 1 })
      const idle = openQueues(location)
      idle.consume('import', processor, { concurrency: 1 })
      await expect(early.producer('import').countWaiting()).rejects.toThrow(QueueUnavailableError)
      await idle.close()
      await server().comeBack()
      await until(() => early.producer('import').enqueue({ importId: 5 }, { jobId: 'import-5-1' }))
      await until(() => expect(ids()).toEqual([5]))
    },
  )
}
