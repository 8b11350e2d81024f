import { mandatoryKeys, type ColumnMapping } from '@importer/contracts'
import { inspectHead, type HeadResult } from '@importer/csv'
import type { FileStore } from '@importer/runtime'

import { readHead } from './read-head.ts'

/** How a file is to be read. */
export interface Dialect {
  readonly delimiter: string
  readonly hasHeader: boolean
}

/** Says by a stored file's first bytes how it is to be read, or why it cannot be. Throws a FileMissingError. */
export async function findDialect(
  store: FileStore,
  fileKey: string,
  { customerIdentifier, couponIdentifier, positions }: ColumnMapping,
  delimiter?: string,
): Promise<HeadResult> {
  const { head, complete } = await readHead(store, fileKey)
  const judged = {
    date: positions.redeemedDateInMillis ?? 0,
    till: positions.redeemedAt ?? 0,
    lastMandatory: Math.max(...mandatoryKeys(customerIdentifier, couponIdentifier).map((key) => positions[key] ?? 0)),
  }
  return inspectHead(head, complete, judged, delimiter)
}
