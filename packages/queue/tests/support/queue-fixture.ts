import { createLog } from '@importer/runtime'
import { test, vi } from 'vitest'

import type { JobContext } from '../../src/consumer.ts'
import { createQueues, type QueueLocation, type Queues } from '../../src/create-queues.ts'
import type { LockTimes } from '../../src/lock-times.ts'
import type { QueueServer } from './queue-servers.ts'

/** A test with a location of its own, which holds no job yet, on a server that others use at the same time. */
export function extendTest(server: () => QueueServer) {
  return test
    .extend('location', () => server().makeLocation())
    .extend('lines', (): string[] => [])
    .extend('openQueues', ({ lines }, { onCleanup }) => {
      const log = createLog({ name: 'test', level: 'info', destination: { write: (line) => lines.push(line) } })
      const opened: Queues[] = []
      onCleanup(async () => {
        await Promise.all(opened.map((queues) => queues.close()))
      })
      return (backend: QueueLocation, lockTimes?: LockTimes): Queues => {
        const queues = createQueues({ backend, log, ...(lockTimes && { lockTimes }) })
        opened.push(queues)
        return queues
      }
    })
    .extend('queues', ({ location, openQueues }) => openQueues(location))
}

export type QueueTest = ReturnType<typeof extendTest>

interface Seen {
  readonly importId: number
  readonly context: JobContext
}

/** A processor that remembers what it was given. */
export function makeRecorder() {
  const seen: Seen[] = []
  const processor = async ({ importId }: { importId: number }, context: JobContext): Promise<void> => {
    seen.push({ importId, context })
  }
  return { seen, processor, ids: () => seen.map(({ importId }) => importId) }
}

/** Waits for a condition to hold, that is, to throw no longer. */
export function until(condition: () => void | Promise<void>, timeoutMs = 15_000): Promise<void> {
  return vi.waitFor(condition, { timeout: timeoutMs, interval: 20 })
}
