import { OPERATIONS } from '@importer/contracts'
import { createSession, endSession } from '@importer/db'
import type { Request } from 'express'

import { logSecurityEvent } from '../authentication/log-security-event.ts'
import { unauthorized, type Authenticate, type Principal } from '../authentication/authenticate.ts'
import { readKeys } from '../authentication/read-keys.ts'
import type { SessionCookie } from '../authentication/session-cookie.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { defineOperation } from '../native-api/mount-operation.ts'

interface SignIn {
  readonly request: Request
  readonly body: { readonly apiKey?: string | undefined }
}

/** `/v1/session`: a browser signs in with a key, and out. */
export function createSessionOperations(
  { systemDatabase, log }: Pick<IntakeDependencies, 'systemDatabase' | 'log'>,
  authenticate: Authenticate,
  cookie: SessionCookie,
) {
  /** By a key, in the body or in a header. A session makes no other. */
  async function identifyByKey({ request, body: { apiKey } }: SignIn): Promise<Principal> {
    const keys = apiKey === undefined ? readKeys(request.headers) : [apiKey]
    for (const key of keys) {
      const principal = await authenticate.identifyKey(key)
      if (principal !== null) return principal
    }
    throw unauthorized(request.headers, keys.length > 0)
  }

  const create = defineOperation(
    OPERATIONS.createSession,
    async ({ response, principal }) => {
      const { token, expiresAt } = await createSession(systemDatabase, principal.id)
      logSecurityEvent(log, response, 'session created')
      response.setHeader('Set-Cookie', cookie.set(token))
      return describeSession({ ...principal, sessionExpiresAt: expiresAt })
    },
    identifyByKey,
  )

  const show = defineOperation(OPERATIONS.showSession, async ({ principal }) => {
    return describeSession(principal)
  })

  const end = defineOperation(OPERATIONS.endSession, async ({ request, response }) => {
    const token = cookie.read(request.headers)
    if (token !== null) {
      await endSession(systemDatabase, token)
      authenticate.forgetSession(token)
      logSecurityEvent(log, response, 'session ended')
    }
    response.setHeader('Set-Cookie', cookie.clear())
  })

  return [create, show, end]
}

function describeSession({ orgId, role, name, sessionExpiresAt }: Principal): object {
  return { orgId, role, keyName: name, expiresAt: sessionExpiresAt }
}
