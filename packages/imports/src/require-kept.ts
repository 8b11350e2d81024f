import type { ImportRecord } from '@importer/db'
import { FileMissingError } from '@importer/runtime'

/**
 * Throws a FileMissingError for an import whose file and outcomes are kept no longer: what is left of them must not look
 * like the whole.
 */
export function requireKept({ expired, fileKey }: ImportRecord): void {
  if (expired) throw new FileMissingError(fileKey)
}
