import type { Request } from 'express'

import { ApiError, payloadTooLarge } from './api-error.ts'

/** Judges by the head alone whether an upload can follow. Throws 400 or 413. */
export function requireUpload(request: Request, maxBytes: number): void {
  const contentType = request.headers['content-type'] ?? ''
  if (!/^multipart\/form-data\s*;.*boundary=/i.test(contentType)) {
    const message = 'the request is not multipart/form-data with a boundary; expected a form with a file'
    throw new ApiError(400, [{ code: 'NOT_MULTIPART', field: 'Content-Type', message }])
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw payloadTooLarge(maxBytes)
}
