import type { RecordedDelayCode } from '@importer/contracts'

import type { Database } from '../open-database.ts'
import type { HeldImport } from './change-import.ts'

export interface DelayToRecord {
  readonly code: RecordedDelayCode
  readonly message: string
  /** The worker has stopped the import for it, without a failure: the next start is no take-over. */
  readonly hasStopped?: boolean
}

/**
 * Records why an import does not go on, while its caller holds it. The same reason again goes on since it began, unless
 * there was progress in between; progress ends a delay by itself. False: the import is held by another worker or is over.
 */
export async function recordDelay(
  { prisma }: Database,
  { importId, fencingToken }: HeldImport,
  { code, message, hasStopped = false }: DelayToRecord,
): Promise<boolean> {
  const changed = await prisma.$executeRaw`
    UPDATE import i
    SET delay_since = CASE
          WHEN i.delay_code = ${code}
               AND i.delay_at > coalesce((SELECT max(l.updated_at) FROM import_lane l WHERE l.import_id = i.id), '-infinity')
          THEN i.delay_since ELSE clock_timestamp() END,
        delay_code = ${code}, delay_message = ${message}, delay_at = clock_timestamp(),
        clean_stop = clean_stop OR ${hasStopped}
    WHERE i.id = ${importId}::int AND i.lease = ${fencingToken}::int AND i.status = 'processing'`
  return changed > 0
}

/** So many imports are changed at a time, whatever waits: the next call goes on with those that were recorded longest ago. */
const RECORDED_AT_ONCE = 2_000

/**
 * Records for unfinished imports on which nothing happened for 10 s that the storage is what they wait for. Nothing while
 * any import progresses: then another worker has a storage that is well. Waits for no lock. Gives how many imports it changed.
 */
export async function recordStorageDelays({ prisma }: Database, message: string): Promise<number> {
  const code: RecordedDelayCode = 'STORAGE_UNAVAILABLE'
  return prisma.$executeRaw`
    WITH waiting AS MATERIALIZED (
      SELECT w.id, greatest(w.updated_at, (SELECT max(l.updated_at) FROM import_lane l WHERE l.import_id = w.id)) AS changed_at
      FROM import w
      WHERE w.status IN ('queued', 'processing') AND w.updated_at < clock_timestamp() - interval '10 s'
        AND coalesce(w.delay_at, '-infinity') < clock_timestamp() - interval '5 s'
      ORDER BY w.delay_at NULLS FIRST, w.id LIMIT ${RECORDED_AT_ONCE}
    ), delayed AS (
      SELECT i.id, waiting.changed_at FROM import i JOIN waiting ON waiting.id = i.id
      WHERE waiting.changed_at < clock_timestamp() - interval '10 s'
        AND coalesce(i.delay_at, '-infinity') < clock_timestamp() - interval '5 s'
        AND NOT EXISTS (
          SELECT FROM import p JOIN import_lane l ON l.import_id = p.id
          WHERE p.status = 'processing' AND l.updated_at > clock_timestamp() - interval '10 s')
      FOR UPDATE OF i SKIP LOCKED
    )
    UPDATE import i
    SET delay_since = CASE WHEN i.delay_code = ${code} AND i.delay_at > delayed.changed_at THEN i.delay_since
                           ELSE clock_timestamp() END,
        delay_code = ${code}, delay_message = ${message}, delay_at = clock_timestamp()
    FROM delayed WHERE i.id = delayed.id AND i.status IN ('queued', 'processing')`
}
