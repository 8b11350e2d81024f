import { importJobId, prepareJobId, revertJobId, type ImportRecord } from '@importer/db'
import { NO_SPAN, runInSpan, type Span } from '@importer/runtime'

import type { IntakeDependencies, Log } from '../dependencies.ts'

/** How long a client waits for a queue that does not answer: what is promised within a second has to be answered by then. */
const ENQUEUE_TIMEOUT_MS = 600

/**
 * Adds the import's job: that which makes its file, where it has none yet. The import is durable without it: when the
 * queue is down or slow the reconciler adds the job
 * later, so the client is answered all the same and the log says why. `parent` is the span of the request.
 */
export async function enqueueSoon(
  deps: IntakeDependencies,
  record: ImportRecord,
  parent: Span = NO_SPAN,
): Promise<void> {
  const { enqueueImport, enqueuePreparation, log } = deps
  const { id, fencingToken, jobId, toPrepare } = record
  const span = parent.startChild('enqueue', { 'redemptions.import.id': id }, 'producer')
  if (toPrepare) return addSoon(log, id, async () => enqueuePreparation({ importId: id }, prepareJobId(id)), span)
  await addSoon(log, id, async () => enqueueImport({ importId: id }, jobId ?? importJobId(id, fencingToken)), span)
}

/** Adds the job that reverts an import; the reconciler does it where the queue does not answer. */
export async function enqueueRevertSoon({ enqueueRevert, log }: IntakeDependencies, importId: number): Promise<void> {
  await addSoon(log, importId, async () => enqueueRevert({ importId }, revertJobId(importId)), NO_SPAN)
}

/** The span is the adding's own, also where the client does not wait for its end. */
async function addSoon(log: Log, importId: number, add: () => Promise<unknown>, span: Span): Promise<void> {
  const enqueued = runInSpan(span, add).catch((error: unknown) => {
    log.error({ err: error, importId }, 'an import could not be enqueued; the reconciler will do it')
  })
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      log.warn(
        { importId, timeoutMs: ENQUEUE_TIMEOUT_MS },
        'the queue is slow; an import is answered before its job is added',
      )
      resolve()
    }, ENQUEUE_TIMEOUT_MS)
  })
  await Promise.race([enqueued, timeout])
  clearTimeout(timer)
}
