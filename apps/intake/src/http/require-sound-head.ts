import type { IncomingMessage } from 'node:http'

import { showText } from '@importer/contracts'

import { ApiError } from './api-error.ts'

/** What Node takes for the one expectation that there is (RFC 9110, 10.1.1). */
const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i

/**
 * Refuses a head that can be read, and that no path may be asked for with. Node would refuse two of them by itself, with an
 * empty answer (`requireHostHeader`, `checkExpectation`).
 */
export function requireSoundHead(request: IncomingMessage): void {
  requireOneHost(request)
  const { expect } = request.headers
  if (expect === undefined || CONTINUE.test(expect)) return
  const message = `Expect is "${showText(expect)}"; expected 100-continue, or no such header`
  throw new ApiError(417, [{ code: 'EXPECTATION_FAILED', field: 'Expect', message }])
}

/** 400 for a request with two hosts: Node keeps the first, and another server on the way may have kept the second (RFC 9112, 3.2). */
function requireOneHost({ rawHeaders, httpVersion }: IncomingMessage): void {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1
  }
  if (count === 1 || (count === 0 && httpVersion === '1.0')) return
  const message = `the request has ${count === 0 ? 'no' : 'more than one'} Host header; expected one`
  throw new ApiError(400, [{ code: 'INVALID_VALUE', field: 'Host', message }])
}
