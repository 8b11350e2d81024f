import type { ImportRecord } from '@importer/db'

import { ApiError } from '../http/api-error.ts'

/** 409, with where the import stands. */
export function misfit(record: ImportRecord, expected: string): ApiError {
  const { status, revertRequested, dryRun, expired } = record
  const reverting = revertRequested && status !== 'reverted'
  const stands = `${reverting ? 'being reverted' : status}${dryRun ? ', a dry run' : ''}${expired ? ', its file kept no longer' : ''}`
  const message = `the import is ${stands}; expected ${expected}`
  return new ApiError(409, [{ code: 'IMPORT_STATE', field: 'importId', message }], {}, { state: status })
}
