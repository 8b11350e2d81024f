import type { ColumnMapping } from '@importer/contracts'
import { claimImport, type Database, type HeldImport, type PartitionBy, type PartitionCheckpoint } from '@importer/db'
import { NO_TRACING } from '@importer/runtime'

import type { DirectImporter } from '../../../tests/support/direct-importer.ts'
import { TEST_ORG } from '../../../tests/support/running-system.ts'
import type { PartitionContext } from '../src/run/partition.ts'
import { createRecordMapper, prepareReading } from '../src/rules/map-record.ts'

/** An import as a worker holds it that has just claimed it. */
export interface ClaimedFile {
  readonly context: PartitionContext
  readonly checkpoints: readonly PartitionCheckpoint[]
  readonly held: HeldImport
}

export const MAPPING: ColumnMapping = {
  customerIdentifier: 'USER_ID',
  couponIdentifier: 'COUPON_CODE',
  positions: { redeemedDateInMillis: 0, redeemedAt: 1, userId: 2, couponCode: 3 },
}

/** Claims an import for the first time or again, with what its worker would have. */
export async function claimFile(
  importer: DirectImporter,
  importId: number,
  wanted: { readonly partitionCount: number; readonly batchRows: number; readonly partitionBy?: PartitionBy },
): Promise<ClaimedFile> {
  const database: Database = importer.database.forOrganization(TEST_ORG, importId)
  const { partitionCount, batchRows, partitionBy = 'coupon' } = wanted
  const claimed = await claimImport(database, { importId, jobId: `claimed-${importId}`, partitionCount, partitionBy })
  if (claimed === null) throw new Error(`import ${importId} cannot be claimed`)
  const { record, partitions } = claimed
  const held = { importId, fencingToken: record.fencingToken }
  const context: PartitionContext = {
    database,
    held,
    orgId: TEST_ORG,
    seriesId: record.seriesId,
    mapper: createRecordMapper(await prepareReading(record.mapping, record.createdAt.getTime())),
    strategy: 'first-use',
    dryRun: false,
    batchRows,
    span: NO_TRACING.startSpan('test', { kind: 'consumer', parent: null, attributes: {} }),
  }
  return { context, checkpoints: partitions, held }
}
