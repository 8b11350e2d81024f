import type { Database } from '../open-database.ts'

/** The organization's stored files would be more than they may. */
export class StorageQuotaError extends Error {
  override readonly name = 'StorageQuotaError'
  /** What its files have together, and what they may have. */
  readonly storedBytes: number
  readonly maxBytes: number

  constructor(storedBytes: number, maxBytes: number) {
    super(`the files of this organization have ${storedBytes} of ${maxBytes} bytes already`)
    this.storedBytes = storedBytes
    this.maxBytes = maxBytes
  }
}

/**
 * Bytes of the files of organization `$1`: uploads and the texts that were made of them, until their import is deleted or
 * expires. By import_stored_idx, which has all that is read.
 */
export const STORED_BYTES = `
  SELECT coalesce(sum(s.bytes + coalesce(s.upload_bytes, 0)), 0) FROM import s
  WHERE s.org_id = $1::int AND s.expired_at IS NULL`

export async function readStoredBytes(
  { prisma }: { readonly prisma: Pick<Database['prisma'], '$queryRawUnsafe'> },
  orgId: number,
): Promise<number> {
  const [row] = await prisma.$queryRawUnsafe<{ bytes: bigint }[]>(`SELECT (${STORED_BYTES})::bigint AS bytes`, orgId)
  return Number(row?.bytes ?? 0)
}

/** The lock that whoever accepts a file holds from the sum to the commit: else two could take the same free bytes. */
export function storageLock(orgId: number): string {
  return `storage/${orgId}`
}
