import type { IncomingMessage } from 'node:http'

import { ApiError } from './api-error.ts'

/** 400 for a request with two hosts: Node keeps the first, and another server on the way may have kept the second (RFC 9112, 3.2). */
export function requireOneHost({ rawHeaders }: IncomingMessage): void {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1
  }
  if (count <= 1) return
  const message = 'the request has more than one Host header; expected one'
  throw new ApiError(400, [{ code: 'INVALID_VALUE', field: 'Host', message }])
}
