import type { IncomingHttpHeaders } from 'node:http'

/** What a key can look like: printable ASCII without spaces. Anything else need not be looked up. */
const KEY = /^[\x21-\x7e]{1,255}$/

/**
 * The keys that a request carries, in the order in which they are tried: `X-CAP-API-OAUTH-TOKEN`, then `Authorization`
 * as Bearer or as the password of Basic.
 */
export function readKeys(headers: IncomingHttpHeaders): string[] {
  const token = headers['x-cap-api-oauth-token']
  return [token, readAuthorization(headers.authorization)].filter(
    (key): key is string => typeof key === 'string' && KEY.test(key),
  )
}

function readAuthorization(header: string | undefined): string | undefined {
  const [, scheme, credentials] = /^(\w+) +(\S+) *$/.exec(header ?? '') ?? []
  if (scheme === undefined || credentials === undefined) return undefined
  if (scheme.toLowerCase() === 'bearer') return credentials
  if (scheme.toLowerCase() !== 'basic') return undefined
  const pair = Buffer.from(credentials, 'base64').toString('latin1')
  const colon = pair.indexOf(':')
  return colon < 0 ? undefined : pair.slice(colon + 1)
}
