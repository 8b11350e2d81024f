import { UnavailableError } from '@importer/contracts'
import { QueueFullError, StorageRoomError } from '@importer/db'
import { FileDamagedError } from '@importer/runtime'

import { ApiError, queueFull, storageQuotaExceeded, unavailable } from './api-error.ts'

/**
 * What the client is told about any error. An unknown one tells nothing of itself: its words and stack are for the log.
 */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof QueueFullError) return queueFull(error.maxQueued)
  if (error instanceof StorageRoomError) return storageQuotaExceeded(error.storedBytes, error.maxBytes)
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
