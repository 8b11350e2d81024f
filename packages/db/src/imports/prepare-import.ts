import type { ImportFailure } from '@importer/contracts'

import type { Database } from '../open-database.ts'
import { recordImportEvent } from '../webhooks/record-event.ts'
import type { StoredUpload } from './import-record.ts'

/** The text that was made for an import. */
export interface PreparedFile extends Omit<StoredUpload, 'sha256'> {
  /** Undefined: the import goes by the hash of its upload, as another one of the same file does. */
  readonly sha256?: string | undefined
  readonly checksums: Uint8Array
}

/** The import's file is there, and it can be run. False: it was cancelled meanwhile, or somebody else has made the file. */
export async function recordPreparedFile({ prisma }: Database, importId: number, file: PreparedFile): Promise<boolean> {
  const { count } = await prisma.import.updateMany({
    where: { id: importId, toPrepare: true, status: 'queued' },
    data: {
      fileKey: file.fileKey,
      bytes: BigInt(file.bytes),
      ...(file.sha256 !== undefined && { sha256: file.sha256 }),
      fileChecksums: Buffer.from(file.checksums),
      toPrepare: false,
      updatedAt: new Date(),
    },
  })
  return count > 0
}

/** Records that a worker is making the import's file: after 30 s without this the import shows NO_WORKER. */
export async function recordPreparationProgress({ prisma }: Database, importId: number): Promise<void> {
  await prisma.$executeRaw`
    UPDATE import SET updated_at = clock_timestamp() WHERE id = ${importId}::int AND to_prepare AND status = 'queued'`
}

/** The import's file cannot be made. */
export async function failPreparation(database: Database, importId: number, failure: ImportFailure): Promise<boolean> {
  const now = new Date()
  return database.transaction(async (tx) => {
    const { count } = await tx.import.updateMany({
      where: { id: importId, toPrepare: true, status: 'queued' },
      data: {
        status: 'failed',
        failureCode: failure.code,
        failureMessage: failure.message,
        finishedAt: now,
        updatedAt: now,
      },
    })
    if (count === 0) return false
    await recordImportEvent(tx, importId, now)
    return true
  })
}
