import type { ImportRecord } from '@importer/db'
import { FileMissingError } from '@importer/runtime'

/**
 * Throws a FileMissingError for an import whose file and outcomes are kept no longer, or whose file is not made yet: what is left of them must not look
 * like the whole.
 */
export function requireKept({ expired, toPrepare, fileKey }: ImportRecord): void {
  if (expired || toPrepare) throw new FileMissingError(fileKey)
}
