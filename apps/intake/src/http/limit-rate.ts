import type { Authenticate } from '../authentication/authenticate.ts'
import type { AdmitRequest } from './admit-requests.ts'
import { tooMany } from './api-error.ts'
import { noteKey } from './track-requests.ts'

const WINDOW_MS = 60_000
/** Keys that are remembered; the oldest windows are dropped. */
const MAX_KEYS = 10_000

interface Window {
  readonly endsAt: number
  used: number
}

/**
 * So many requests a minute for each API key, in this process, announced in the headers of
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/. Without a key that works there is no limit:
 * such a request is refused anyway.
 */
export function limitRate(authenticate: Authenticate, perMinute: number, now = () => performance.now()): AdmitRequest {
  // In the order in which the windows began, hence end.
  const windows = new Map<number, Window>()

  function openWindow(keyId: number): Window {
    const known = windows.get(keyId)
    if (known !== undefined && known.endsAt > now()) return known
    windows.delete(keyId)
    for (const [oldest, { endsAt }] of windows) {
      if (endsAt > now() && windows.size < MAX_KEYS) break
      windows.delete(oldest)
    }
    const opened = { endsAt: now() + WINDOW_MS, used: 0 }
    windows.set(keyId, opened)
    return opened
  }

  return async (request, response) => {
    const principal = await authenticate.identify(request.headers)
    if (principal !== null) {
      noteKey(response, principal)
      const window = openWindow(principal.id)
      window.used += 1
      const remaining = Math.max(0, perMinute - window.used)
      const seconds = Math.max(1, Math.ceil((window.endsAt - now()) / 1000))
      response.setHeader('RateLimit-Policy', `"minute";q=${perMinute};w=${WINDOW_MS / 1000}`)
      response.setHeader('RateLimit', `"minute";r=${remaining};t=${seconds}`)
      if (window.used > perMinute) {
        throw tooMany(
          'RATE_LIMITED',
          `this key has made ${perMinute} requests within a minute; expected fewer`,
          seconds,
        )
      }
    }
  }
}
