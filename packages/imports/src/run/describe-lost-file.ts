import type { ImportFailure } from '@importer/contracts'
import { FileDamagedError, FileMissingError } from '@importer/file-store'

/**
 * What an import fails with whose stored file, or that of the import which it tries again, is gone from the right store or damaged:
 * neither comes back. Null for every other error: a store that does not answer, or is another one, only delays an import.
 */
export function describeLostFile(error: unknown): ImportFailure | null {
  if (error instanceof FileMissingError) {
    return { code: error.code, message: 'The uploaded file is gone from the store; upload it again.' }
  }
  if (error instanceof FileDamagedError) {
    const message = `The stored file is not what was uploaded: ${error.what}. Rows that were imported before stay; upload the file again.`
    return { code: error.code, message }
  }
  return null
}
