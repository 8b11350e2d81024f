import type { RecordedDelayCode } from '@importer/contracts'

import type { Database } from '../open-database.ts'
import type { HeldImport } from './change-import.ts'

/**
 * Records why an import does not go on, while its caller holds it. The same reason again goes on since it began, unless
 * there was progress in between; progress ends a delay by itself. False: the import is held by another worker or is over.
 */
export async function recordDelay(
  { prisma }: Database,
  { importId, lease }: HeldImport,
  { code, message }: { readonly code: RecordedDelayCode; readonly message: string },
): Promise<boolean> {
  const changed = await prisma.$executeRaw`
    UPDATE import i
    SET delay_since = CASE
          WHEN i.delay_code = ${code}
               AND i.delay_at > coalesce((SELECT max(l.updated_at) FROM import_lane l WHERE l.import_id = i.id), '-infinity')
          THEN i.delay_since ELSE clock_timestamp() END,
        delay_code = ${code}, delay_message = ${message}, delay_at = clock_timestamp()
    WHERE i.id = ${importId}::int AND i.lease = ${lease}::int AND i.status = 'processing'`
  return changed > 0
}
