import { OPERATIONS } from '@importer/contracts'
import { createApiKey, listApiKeys, revokeApiKey, type ApiKeyDescription } from '@importer/db'

import { actorOf } from '../authentication/authenticate.ts'
import { logSecurityEvent } from '../authentication/log-security-event.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { notFound } from '../http/api-error.ts'
import { readInt4 } from '../http/read-id.ts'
import { defineOperation } from './mount-operation.ts'

/** `/v1/api-keys`: an organization's keys, by its admins. */
export function createApiKeyOperations({ log }: IntakeDependencies) {
  const list = defineOperation(OPERATIONS.listApiKeys, async ({ principal: { orgId }, database }) => {
    return { items: (await listApiKeys(database, orgId)).map(describeKey) }
  })

  const create = defineOperation(OPERATIONS.createApiKey, async ({ response, principal, database, body }) => {
    const { orgId } = principal
    const { role, name } = body
    const { id, key } = await createApiKey(database, {
      orgId,
      role,
      actor: actorOf(principal),
      ...(name === undefined ? {} : { name }),
    })
    logSecurityEvent(log, response, 'key created', { createdKeyId: id, role })
    const created = (await listApiKeys(database, orgId)).find((known) => known.id === id)
    if (created === undefined) throw new Error(`the API key ${id} is gone right after it was made`)
    return { ...describeKey(created), key }
  })

  const revoke = defineOperation(OPERATIONS.revokeApiKey, async ({ response, principal, database, params }) => {
    const { orgId } = principal
    const id = readInt4(params.keyId)
    const known = (await listApiKeys(database, orgId)).some((key) => key.id === id)
    if (id === null || !known) {
      throw notFound('API_KEY_NOT_FOUND', 'keyId', 'there is no such key; expected one of this organization')
    }
    // Revoked before: what is wanted is so already.
    if (await revokeApiKey(database, { orgId, id, actor: actorOf(principal) })) {
      logSecurityEvent(log, response, 'key revoked', { revokedKeyId: id })
    }
  })

  return [list, create, revoke]
}

function describeKey({ id, name, role, createdAt, revokedAt }: ApiKeyDescription): object {
  return { id, name, role, createdAt, revokedAt }
}
