import { showText } from '@importer/contracts'
import type { Request } from 'express'

import { ApiError, payloadTooLarge } from './api-error.ts'

/** What a form may have beside its file: the fields and what stands around them. */
export const FORM_OVERHEAD_BYTES = 1024 * 1024

/**
 * Checks by the head alone whether an upload can follow whose file has at most `maxBytes`. Throws 400, 413 or 415. Of
 * the file itself the head says nothing: that is checked as it comes.
 */
export function requireUpload(request: Request, maxBytes: number): void {
  const contentType = request.headers['content-type'] ?? ''
  if (!/^multipart\/form-data\s*;.*boundary=/i.test(contentType)) {
    const message = 'the request is not multipart/form-data with a boundary; expected a form with a file'
    throw new ApiError(400, [{ code: 'NOT_MULTIPART', field: 'Content-Type', message }])
  }
  const coding = request.headers['content-encoding'] ?? 'identity'
  if (coding.toLowerCase() !== 'identity') {
    const message = `the form is sent with Content-Encoding ${showText(coding)}; expected it without (the file in it may be packed with gzip)`
    throw new ApiError(415, [{ code: 'UNSUPPORTED_ENCODING', field: 'Content-Encoding', message }])
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes + FORM_OVERHEAD_BYTES) {
    throw payloadTooLarge(maxBytes)
  }
}
