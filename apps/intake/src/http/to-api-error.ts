import { UnavailableError } from '@importer/contracts'
import { QueueFullError, SealedSecretError, StorageQuotaError } from '@importer/db'
import { FileDamagedError } from '@importer/file-store'

import { ApiError, queueFull, storageQuotaExceeded, unavailable } from './api-error.ts'

/**
 * The answer to the client for any error. Of an unknown one the client sees nothing: its message and stack go to the log.
 */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof QueueFullError) return queueFull(error.maxQueued)
  if (error instanceof StorageQuotaError) return storageQuotaExceeded(error.storedBytes, error.maxBytes)
  if (error instanceof SealedSecretError) {
    const message =
      'the stored webhook secret cannot be opened with the keys of this server; its operator finds the reason in the log. A new one can be had by rotation'
    return new ApiError(500, [{ code: 'SECRET_UNREADABLE', field: 'request', message }])
  }
  if (error instanceof UnavailableError) return unavailable(error.code)
  if (error instanceof FileDamagedError) {
    const message = `the stored file is not what was uploaded: ${error.what}; upload it again`
    return new ApiError(500, [{ code: error.code, field: 'importId', message }])
  }
  if (error instanceof URIError) {
    return new ApiError(400, [
      { code: 'INVALID_PATH', field: 'path', message: 'the path holds a wrong percent sign; expected UTF-8, escaped' },
    ])
  }
  return new ApiError(500, [
    {
      code: 'INTERNAL_ERROR',
      field: 'request',
      message: 'something went wrong on our side; the request can be repeated',
    },
  ])
}
