import type { IncomingMessage } from 'node:http'

import type { AdmitRequest } from '../http/admit-requests.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { readKeys } from './read-keys.ts'
import { RefusedAccessError } from './refused-access-error.ts'
import type { SessionCookie } from './session-cookie.ts'

const CHANGES_NOTHING = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * A browser sends the session's cookie by itself, also when a page of somebody else makes it send a request. So a request
 * that changes something and has no key but the cookie must say that it comes from a page of ours: by `Sec-Fetch-Site`,
 * which no page can set, or else by `Origin`. 403 without.
 */
export function requireSameOrigin(cookie: SessionCookie, publicUrl: string | undefined): AdmitRequest {
  return (request) => {
    if (CHANGES_NOTHING.has(request.method ?? '')) return
    const isByCookie = readKeys(request.headers).length === 0 && cookie.read(request.headers) !== null
    if (isByCookie && !isSameOrigin(request, publicUrl)) throw crossOrigin()
  }
}

function isSameOrigin(request: IncomingMessage, publicUrl: string | undefined): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  const { origin } = request.headers
  return origin !== undefined && URL.canParse(origin) && origin === new URL(readBaseUrl(request, publicUrl)).origin
}

function crossOrigin(): RefusedAccessError {
  const message =
    'the request has no API key but the cookie of a session, and does not come from a page of this server; expected an API key, or Sec-Fetch-Site: same-origin, or the Origin of this server'
  return new RefusedAccessError('cross-origin request refused', [
    403,
    [{ code: 'CROSS_ORIGIN', field: 'Origin', message }],
  ])
}
