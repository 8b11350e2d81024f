import type { ReferenceKind, ReferenceLoadResult } from '@importer/contracts'
import { recordAuditEvent, type Database } from '@importer/db'
import type { Response } from 'express'

import { actorOf, type Principal } from '../authentication/authenticate.ts'
import type { Log } from '../dependencies.ts'
import { toApiError } from '../http/answer-errors.ts'
import { ClientGoneError } from '../http/api-error.ts'
import { describeFailedRequest } from '../http/track-requests.ts'

export interface RecordedLoad {
  readonly database: Database
  readonly log: Log
  readonly response: Response
  readonly principal: Principal
  readonly kind: ReferenceKind
}

type Counts = Omit<ReferenceLoadResult, 'errors'>

/** Records for auditors what a load of reference data has written. */
export async function recordLoad(
  { database, principal, kind }: RecordedLoad,
  { received, inserted, updated, rejected }: Counts,
  failure?: string,
): Promise<void> {
  await recordAuditEvent(database, {
    kind: 'reference.loaded',
    orgId: principal.orgId,
    actor: actorOf(principal),
    detail: { kind, received, inserted, updated, rejected, ...(failure !== undefined && { failure }) },
  })
}

/**
 * Logs that a load failed and why, and records for auditors what it may have written before. `written` is null where it
 * wrote nothing. The database may be what failed: then the log has both.
 */
export async function recordFailedLoad(load: RecordedLoad, written: Counts | null, error: unknown): Promise<void> {
  const { log, response, kind } = load
  const errorCode =
    error instanceof ClientGoneError ? 'CLIENT_GONE' : (toApiError(error).faults[0]?.code ?? 'INTERNAL_ERROR')
  const { received = 0, inserted = 0, updated = 0, rejected = 0 } = written ?? {}
  const counts = { received, inserted, updated, rejected }
  const line = { ...describeFailedRequest(response), kind, ...counts, errorCode }
  log.warn(line, 'a load of reference data failed')
  if (written === null) return
  try {
    await recordLoad(load, counts, errorCode)
  } catch (recordError) {
    log.error({ ...line, err: recordError }, 'the audit event of a failed load could not be written')
  }
}
