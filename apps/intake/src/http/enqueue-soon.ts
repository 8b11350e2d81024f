import { dueImportJobId, prepareJobId, revertJobId } from '@importer/contracts'
import type { ImportRecord } from '@importer/db'
import { NO_SPAN, resolvesWithin, runInSpan, type Span } from '@importer/runtime'

import type { IntakeDependencies, Log } from '../dependencies.ts'

/** How long a client waits for a queue that does not answer: what is promised within a second has to be answered by then. */
const ENQUEUE_TIMEOUT_MS = 600

type OwnedImport = Pick<ImportRecord, 'id' | 'orgId'>

/**
 * Adds the import's job: that which makes its file, where it has none yet. The import is durable without it: when the
 * queue is down or slow the reconciler adds the job later, so the client is answered all the same and the log says why. `parent` is the span of the request.
 */
export async function enqueueSoon(
  deps: IntakeDependencies,
  record: ImportRecord,
  parent: Span = NO_SPAN,
): Promise<void> {
  const { enqueueImport, enqueuePreparation, log } = deps
  const { id, toPrepare } = record
  const span = parent.startChild('enqueue', { 'redemptions.import.id': id }, 'producer')
  if (toPrepare) return addSoon(log, record, async () => enqueuePreparation({ importId: id }, prepareJobId(id)), span)
  await addSoon(log, record, async () => enqueueImport({ importId: id }, dueImportJobId(id, record)), span)
}

/** Adds the job that reverts an import; the reconciler does it where the queue does not answer. */
export async function enqueueRevertSoon(deps: IntakeDependencies, record: OwnedImport): Promise<void> {
  const { enqueueRevert, log } = deps
  await addSoon(log, record, async () => enqueueRevert({ importId: record.id }, revertJobId(record.id)), NO_SPAN)
}

/** The span is the adding's own, also where the client does not wait for its end. */
async function addSoon(log: Log, record: OwnedImport, add: () => Promise<unknown>, span: Span): Promise<void> {
  const about = { importId: record.id, orgId: record.orgId }
  const enqueued = runInSpan(span, add).catch((error: unknown) => {
    log.error({ ...about, err: error }, 'an import could not be enqueued; the reconciler will do it')
  })
  if (await resolvesWithin(enqueued, ENQUEUE_TIMEOUT_MS)) return
  log.warn(
    { ...about, timeoutMs: ENQUEUE_TIMEOUT_MS },
    'the queue is slow; an import is answered before its job is added',
  )
}
