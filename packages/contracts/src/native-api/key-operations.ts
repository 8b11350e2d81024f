import * as examples from './examples.ts'
import { answer, type Operation } from './operation.ts'
import * as parameters from './parameters.ts'
import * as views from './views.ts'

export const KEY_OPERATIONS = {
  listApiKeys: {
    method: 'get',
    path: '/v1/api-keys',
    tag: 'keys',
    summary: 'List API keys',
    role: 'admin',
    query: parameters.noQuery,
    success: [answer(200, 'The keys', views.apiKeyListView, examples.apiKeyList)],
  },
  createApiKey: {
    method: 'post',
    path: '/v1/api-keys',
    tag: 'keys',
    summary: 'Create an API key',
    role: 'admin',
    query: parameters.noQuery,
    body: { contentType: 'application/json', schema: parameters.newApiKey },
    example: { json: { role: 'read', name: 'poller' } },
    success: [answer(201, 'The key itself is shown here and never again', views.newApiKeyView, examples.newApiKey)],
    errors: { 408: 'The body stood still', 413: 'The body is too large', 415: 'The body is compressed' },
  },
  revokeApiKey: {
    method: 'delete',
    path: '/v1/api-keys/{keyId}',
    tag: 'keys',
    summary: 'Revoke an API key',
    role: 'admin',
    query: parameters.noQuery,
    success: [{ status: 204, description: 'The key is revoked' }],
    errors: { 404: 'There is no such key in this organization' },
  },
} as const satisfies Record<string, Operation>
