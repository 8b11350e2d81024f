import type { IncomingHttpHeaders } from 'node:http'

import { roleIncludes, type Actor, type Role } from '@importer/contracts'
import { findApiKey, useSession, type Database } from '@importer/db'

import { ApiError } from '../http/api-error.ts'
import { createShortCache } from '../http/short-cache.ts'
import { readKeys } from './read-keys.ts'
import { RefusedAccessError } from './refused-access-error.ts'
import type { SessionCookie } from './session-cookie.ts'

/** Who sent a request: the key, its organization and what it may do. */
export interface Principal {
  readonly id: number
  readonly orgId: number
  /** Of the key. */
  readonly name: string | null
  readonly role: Role
  /** Of a browser that is signed in: when its session ends if it is not used again. null: the key itself was sent. */
  readonly sessionExpiresAt: Date | null
}

/** Authenticates a request. Throws 401 without a key that works, and 403 when its role does not include the needed one. */
export interface Authenticate {
  (headers: IncomingHttpHeaders, needed: Role): Promise<Principal>
  /** Who sent the request, whatever they may do; null without a key that works. */
  identify(headers: IncomingHttpHeaders): Promise<Principal | null>
  /** Whose key it is; null when it does not work. */
  identifyKey(key: string): Promise<Principal | null>
  /** From now on the session with this token is looked up anew. */
  forgetSession(token: string): void
}

/** A revoked key works for no longer than this, and so does a session that was ended. */
const KEY_TTL_MS = 200
const MAX_KEYS = 1_000

const BEARER = 'Bearer realm="redemptions"'
const BASIC = 'Basic realm="redemptions", charset="UTF-8"'

/** Whoever sends a key is who the key is; the cookie counts where there is none. */
export function createAuthenticate(database: Database, cookie: SessionCookie): Authenticate {
  const keys = createShortCache<Principal>({ ttlMs: KEY_TTL_MS, maxEntries: MAX_KEYS })
  const sessions = createShortCache<Principal>({ ttlMs: KEY_TTL_MS, maxEntries: MAX_KEYS })

  async function identifyKey(key: string): Promise<Principal | null> {
    return keys.get(key, async () => {
      const found = await findApiKey(database, key)
      return found === null ? null : { ...found, sessionExpiresAt: null }
    })
  }
  async function identifySession(token: string): Promise<Principal | null> {
    return sessions.get(token, async () => {
      const found = await useSession(database, token)
      return found === null ? null : { ...found.key, sessionExpiresAt: found.expiresAt }
    })
  }
  async function identify(headers: IncomingHttpHeaders): Promise<Principal | null> {
    const sent = readKeys(headers)
    for (const key of sent) {
      const principal = await identifyKey(key)
      if (principal !== null) return principal
    }
    const token = cookie.read(headers)
    return sent.length > 0 || token === null ? null : identifySession(token)
  }
  async function authenticate(headers: IncomingHttpHeaders, needed: Role): Promise<Principal> {
    const principal = await identify(headers)
    if (principal === null) throw unauthorized(headers, readKeys(headers).length > 0, cookie.read(headers) !== null)
    if (!roleIncludes(principal.role, needed)) throw forbidden(principal, needed)
    return principal
  }
  return Object.assign(authenticate, {
    identify,
    identifyKey,
    forgetSession: (token: string) => sessions.forget(token),
  })
}

/** 401: nobody who is known. */
export function unauthorized(headers: IncomingHttpHeaders, hasKey: boolean, hasSession = false): ApiError {
  const fault = { code: 'UNAUTHORIZED', field: 'Authorization', message: describeAbsence(hasKey, hasSession) } as const
  const challenge = { 'WWW-Authenticate': hasSession || isPage(headers) ? [BEARER] : [BEARER, BASIC] }
  if (!hasKey && !hasSession) return new ApiError(401, [fault], challenge)
  return new RefusedAccessError(hasKey ? 'key refused' : 'session refused', [401, [fault], challenge])
}

/** A browser would ask for user name and password in a window of its own, and keep the page waiting. Node's fetch sends a mode, too. */
function isPage(headers: IncomingHttpHeaders): boolean {
  return headers['sec-fetch-site'] !== undefined || headers['x-requested-with'] !== undefined
}

function describeAbsence(hasKey: boolean, hasSession: boolean): string {
  if (hasKey) return 'the API key is unknown or revoked; expected one that works'
  if (hasSession) return 'the session is over; sign in again, or send an API key'
  return 'there is no API key; expected Authorization: Bearer KEY, X-CAP-API-OAUTH-TOKEN: KEY, or the key as Basic password'
}

function forbidden(key: Principal, needed: Role): ApiError {
  const message = `the API key has the role ${key.role}; expected one with the role ${needed}`
  const fault = { code: 'FORBIDDEN', field: 'Authorization', message } as const
  return new RefusedAccessError('role refused', [403, [fault]], key)
}

/** Who acts, as timelines and the audit list name it: the key by its name, or by its number where it has none. */
export function actorOf({ id, name }: Pick<Principal, 'id' | 'name'>): Actor {
  return { type: 'key', name: name ?? `key ${id}` }
}
