import { importJobId, type ImportRecord } from '@importer/db'

import type { IntakeDependencies } from '../dependencies.ts'

/** How long a client waits for a queue that does not answer. */
const ENQUEUE_TIMEOUT_MS = 1_500

/**
 * Adds the import's job. The import is durable without it: when the queue is down or slow the sweep adds the job
 * later, so the client is answered all the same and the log is told.
 */
export async function enqueueSoon({ enqueueImport, log }: IntakeDependencies, record: ImportRecord): Promise<void> {
  const { id, lease } = record
  const enqueued = addJob(enqueueImport, id, importJobId(id, lease)).catch((error: unknown) => {
    log.error({ err: error, importId: id }, 'an import could not be enqueued; the sweep will do it')
  })
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      log.warn(
        { importId: id, timeoutMs: ENQUEUE_TIMEOUT_MS },
        'the queue is slow; an import is answered before its job is added',
      )
      resolve()
    }, ENQUEUE_TIMEOUT_MS)
  })
  await Promise.race([enqueued, timeout])
  clearTimeout(timer)
}

/** A queue that throws at once is one that rejects. */
async function addJob(
  enqueueImport: IntakeDependencies['enqueueImport'],
  importId: number,
  jobId: string,
): Promise<void> {
  await enqueueImport({ importId }, jobId)
}
