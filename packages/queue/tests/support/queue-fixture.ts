import { onTestFinished, vi } from 'vitest'

import { createLog } from '@importer/runtime'

import type { JobContext } from '../../src/consumer.ts'
import { createQueues, type QueueLocation, type Queues } from '../../src/create-queues.ts'

/** What the queues of the running test have logged, from level info. */
export const lines: string[] = []
export const log = createLog({ name: 'test', level: 'info', destination: { write: (line) => lines.push(line) } })

/** Queues that are closed when the test has ended. */
export function openQueues(backend: QueueLocation): Queues {
  const queues = createQueues({ backend, log })
  onTestFinished(async () => {
    await queues.close()
    lines.length = 0
  })
  return queues
}

interface Seen {
  readonly importId: number
  readonly context: JobContext
  readonly at: number
}

/** A processor that remembers what it was given. */
export function makeRecorder() {
  const seen: Seen[] = []
  const processor = async ({ importId }: { importId: number }, context: JobContext): Promise<void> => {
    seen.push({ importId, context, at: Date.now() })
  }
  return { seen, processor, ids: () => seen.map(({ importId }) => importId) }
}

/** Waits for a condition to hold, that is, to throw no longer. */
export function until(condition: () => void | Promise<void>, timeoutMs = 10_000): Promise<void> {
  return vi.waitFor(condition, { timeout: timeoutMs, interval: 20 })
}
