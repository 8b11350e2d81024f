import type { ImportRecord } from '@importer/db'
import { FileMissingError } from '@importer/file-store'

/**
 * Throws a FileMissingError for an import whose file and outcomes are kept no longer, or whose file is not made yet: what
 * is left of them must not look like the whole. A workbook that is not read yet has no outcomes, and that is the whole.
 */
export function requireKept({ expired, toPrepare, retryOf, fileKey }: ImportRecord): void {
  if (expired || (toPrepare && retryOf !== null)) throw new FileMissingError(fileKey)
}
