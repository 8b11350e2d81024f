import { OPERATIONS, problemView, REFERENCE_KINDS, type Operation } from '@importer/contracts'
import { z } from 'zod'

import { nameSessionCookie } from '../authentication/session-cookie.ts'
import { makeCurl } from './make-curl.ts'

type Json = Record<string, unknown>

const DESCRIPTION = `Imports files of redeemed coupons into PostgreSQL, exactly once.

Errors are problem details (RFC 9457) with a stable \`code\`. Lists have cursors: give \`nextCursor\` as \`cursor\`. Times are
ISO 8601. Nothing of another organization is ever visible: its ids answer 404.

The examples are for a shell in the importer's own folder, with the key that \`npm start\` made: \`KEY=$(cat .data/api-key)\`.
They speak of the data in docs/examples, which the README loads.`

/** What every operation can answer beside its own. */
const COMMON_ERRORS: Readonly<Record<number, string>> = {
  400: 'The request is not as it should be; `errors` tells every fault',
  401: 'There is no API key, or it is unknown or revoked',
  403: 'The role of the API key does not include the needed one',
  429: 'Too many requests, or too many imports that wait',
  500: 'Something went wrong on our side; the request can be repeated',
}

const TAGS: Readonly<Record<Operation['tag'], string>> = {
  imports: 'Upload files and watch what becomes of them',
  levers: 'Stop, go on, undo, try again: each can be pulled twice and does it once',
  results: 'What became of the rows',
  redemptions: 'What is recorded',
  reference: 'Series, coupons, customers and tills: what rows are resolved against',
  keys: 'API keys',
  webhooks: 'Tell other systems (Standard Webhooks)',
}

/** The OpenAPI 3.1 document of the native API, made of the schemas that validate. */
export function buildDocument(serverUrl: string): Json {
  const components: Record<string, Json> = {}
  const paths: Record<string, Json> = {}
  for (const [operationId, operation] of Object.entries<Operation>(OPERATIONS)) {
    const item = (paths[operation.path] ??= {})
    item[operation.method] = {
      ...describeOperation(operationId, operation, components),
      'x-codeSamples': [{ lang: 'Shell', label: 'curl', source: makeCurl(operation, serverUrl) }],
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Redemption importer',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ bearer: [] }, { token: [] }, { basic: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        token: { type: 'apiKey', in: 'header', name: 'X-CAP-API-OAUTH-TOKEN' },
        basic: { type: 'http', scheme: 'basic', description: 'The key is the password' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: nameSessionCookie(serverUrl),
          description: 'Of a browser that has signed in by `POST /v1/session`',
        },
      },
      schemas: Object.fromEntries(Object.entries(components).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    },
  }
}

function describeOperation(operationId: string, operation: Operation, components: Record<string, Json>): Json {
  const { tag, summary, description, role, body, success, errors } = operation
  const problem = { 'application/problem+json': { schema: refer(problemView, 'output', components) } }
  const failures = Object.entries({ ...COMMON_ERRORS, ...errors }).map(([status, text]) => [
    status,
    {
      description: text,
      content: problem,
      ...(status === '429' ? { headers: headersOf({ 'Retry-After': 'In how many seconds it may go better' }) } : {}),
    },
  ])
  const successes = success.map(({ status, description: text, schema, contentType, headers }) => [
    String(status),
    {
      description: text,
      ...(headers === undefined ? {} : { headers: headersOf(headers) }),
      ...(schema === undefined && contentType === undefined
        ? {}
        : {
            content: {
              [contentType ?? 'application/json']: {
                schema: schema === undefined ? { type: 'string' } : refer(schema, 'output', components),
              },
            },
          }),
    },
  ])
  return {
    operationId,
    tags: [tag],
    summary,
    description: `${description === undefined ? '' : `${description}\n\n`}Needs a key with the role \`${role}\`.`,
    'x-role': role,
    parameters: [...pathParameters(operation), ...queryParameters(operation), ...headerParameters(operation)],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { [body.contentType]: { schema: refer(body.schema, 'input', components) } },
          },
        }),
    responses: Object.fromEntries([...successes, ...failures]),
  }
}

function headersOf(headers: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  )
}

function pathParameters({ path }: Operation): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'kind' ? { type: 'string', enum: REFERENCE_KINDS } : { type: 'integer', minimum: 0 },
  }))
}

/** As text on the wire and as the number that it stands for a value is written the same: the number's schema says more. */
function queryParameters({ query }: Operation): Json[] {
  const [input, output] = (['input', 'output'] as const).map((io) => toSchema(query, io))
  const properties = (output?.['properties'] ?? {}) as Record<string, Json>
  const required = (input?.['required'] ?? []) as string[]
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }))
}

function headerParameters({ headers = {} }: Operation): Json[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }))
}

/** A reference to a schema that has an id, which is put among the components with all that it is made of. */
function refer(schema: z.ZodType, io: 'input' | 'output', components: Record<string, Json>): Json {
  const root = toSchema(schema, io)
  for (const [id, definition] of Object.entries((root['$defs'] ?? {}) as Record<string, Json>)) {
    components[id] = toComponent(definition)
  }
  const id = z.globalRegistry.get(schema)?.id
  if (id === undefined) return toComponent(root)
  components[id] ??= toComponent(root)
  return { $ref: `#/components/schemas/${id}` }
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json
}

const NOT_OF_A_COMPONENT = ['$schema', '$defs', 'id']

/** A schema as it stands among the components: their place is where it refers to. */
function toComponent(schema: Json): Json {
  const kept = Object.fromEntries(Object.entries(schema).filter(([name]) => !NOT_OF_A_COMPONENT.includes(name)))
  return JSON.parse(JSON.stringify(kept).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json
}
