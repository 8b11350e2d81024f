import { z } from 'zod'

import { ROLES } from '../roles.ts'
import { storableText } from '../storable.ts'
import { answer, type Operation } from './operation.ts'
import * as examples from './examples.ts'
import { noQuery } from './parameters.ts'

const PATH = '/v1/session'

const newSession = z
  .strictObject({
    apiKey: storableText()
      .min(1, 'expected an API key')
      .max(255, 'expected at most 255 characters')
      .optional()
      .meta({ description: 'The API key, where no header has it' }),
  })
  .meta({ id: 'NewSessionRequest' })

export const sessionView = z
  .strictObject({
    orgId: z.int().min(0),
    role: z.enum(ROLES).meta({ description: 'What the key may do' }),
    keyName: z.string().nullable(),
    expiresAt: z.iso.datetime().nullable().meta({
      description:
        'When the session ends if it is not used: 30 minutes from now, 8 hours after the start at most. null: the key itself was sent',
    }),
  })
  .meta({ id: 'Session' })

/** How a browser signs in, since it cannot send a key with links, downloads and events. */
export const SESSION_OPERATIONS = {
  createSession: {
    method: 'post',
    path: PATH,
    tag: 'keys',
    summary: 'Sign a browser in',
    description:
      'Sets a cookie (HttpOnly, SameSite=Strict) that counts wherever an API key does. A request that changes something and has no key but the cookie must come from a page of this server, by `Sec-Fetch-Site` or `Origin`. The session ends after 30 minutes without a request, after 8 hours, and with its key.',
    role: 'read',
    query: noQuery,
    body: { contentType: 'application/json', schema: newSession },
    example: { json: {} },
    success: [
      {
        status: 201,
        description: 'The session',
        schema: sessionView,
        example: examples.session,
        headers: { 'Set-Cookie': 'The cookie of the session' },
      },
    ],
    errors: { 408: 'The body stood still', 413: 'The body is too large', 415: 'The body is no JSON' },
  },
  showSession: {
    method: 'get',
    path: PATH,
    tag: 'keys',
    summary: 'Retrieve who is signed in, or whose key was sent',
    role: 'read',
    query: noQuery,
    success: [answer(200, 'Who it is', sessionView, examples.session)],
  },
  endSession: {
    method: 'delete',
    path: PATH,
    tag: 'keys',
    summary: 'Sign a browser out',
    role: 'read',
    query: noQuery,
    success: [{ status: 204, description: 'The session is over', headers: { 'Set-Cookie': 'Takes the cookie away' } }],
  },
} as const satisfies Record<string, Operation>
