import type { IncomingHttpHeaders } from 'node:http'

import { roleIncludes, type Role } from '@importer/contracts'
import { findApiKey, type Database } from '@importer/db'

import { ApiError } from '../http/api-error.ts'
import { createShortCache } from '../http/short-cache.ts'
import { readKeys } from './read-keys.ts'

/** Who asks: the key, its organization and what it may do. */
export interface Principal {
  readonly id: number
  readonly orgId: number
  readonly role: Role
}

/** Tells who asks. Throws 401 without a key that works, and 403 when its role does not include the needed one. */
export interface Authenticate {
  (headers: IncomingHttpHeaders, needed: Role): Promise<Principal>
  /** Who asks, whatever they may do; null without a key that works. */
  identify(headers: IncomingHttpHeaders): Promise<Principal | null>
}

/** A revoked key works for no longer than this. */
const KEY_TTL_MS = 200
const MAX_KEYS = 1_000

const CHALLENGES = ['Bearer realm="redemptions"', 'Basic realm="redemptions", charset="UTF-8"']

export function createAuthenticate(database: Database): Authenticate {
  const cache = createShortCache<Principal>({ ttlMs: KEY_TTL_MS, maxEntries: MAX_KEYS })
  async function identify(headers: IncomingHttpHeaders): Promise<Principal | null> {
    for (const key of readKeys(headers)) {
      const principal = await cache.get(key, () => findApiKey(database, key))
      if (principal !== null) return principal
    }
    return null
  }
  async function authenticate(headers: IncomingHttpHeaders, needed: Role): Promise<Principal> {
    const principal = await identify(headers)
    if (principal === null) throw unauthorized(readKeys(headers).length > 0)
    if (!roleIncludes(principal.role, needed)) throw forbidden(principal.role, needed)
    return principal
  }
  return Object.assign(authenticate, { identify })
}

function unauthorized(hasKey: boolean): ApiError {
  const message = hasKey
    ? 'the API key is unknown or revoked; expected one that works'
    : 'there is no API key; expected Authorization: Bearer KEY, X-CAP-API-OAUTH-TOKEN: KEY, or the key as Basic password'
  return new ApiError(401, [{ code: 'UNAUTHORIZED', field: 'Authorization', message }], {
    'WWW-Authenticate': CHALLENGES,
  })
}

function forbidden(held: Role, needed: Role): ApiError {
  return new ApiError(403, [
    {
      code: 'FORBIDDEN',
      field: 'Authorization',
      message: `the API key has the role ${held}; expected one with the role ${needed}`,
    },
  ])
}
