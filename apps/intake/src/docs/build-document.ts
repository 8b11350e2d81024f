import {
  COMPATIBLE_OPERATIONS,
  compatibleErrorView,
  exampleError,
  IMPORT_FAILURES,
  nameRowError,
  OPERATIONS,
  problemView,
  REFERENCE_KINDS,
  renderFaultTable,
  RESPONSE_EXAMPLES as EXAMPLES,
  ROW_ERROR_CODES,
  ROW_RULES,
  SERVICE_OPERATIONS,
  TILLS_CSV,
  type OpenOperation,
  type Operation,
} from '@importer/contracts'
import type { z } from 'zod'

import { nameSessionCookie } from '../authentication/session-cookie.ts'
import { EXAMPLE_PARAMETERS, makeCurl } from './make-curl.ts'
import { BINARY, SchemaComponents, toJsonSchema, type Json } from './schema-components.ts'

const FAILURES = Object.entries(IMPORT_FAILURES)

const DESCRIPTION = `Imports files of redeemed coupons into PostgreSQL, exactly once.

Lists have cursors: give \`nextCursor\` as \`cursor\`. Times are ISO 8601. Nothing of another organization is ever visible: its
ids answer 404.

The examples are for a shell in the importer's own folder, with the key that \`npm start\` made: \`KEY=$(cat .data/api-key)\`.
They use the data in docs/examples.

## Authentication

An API key belongs to one organization and has the role \`read\`, \`write\` (uploads, actions, reference data) or \`admin\` (keys,
webhook endpoints), each including the one before. Send it as \`Authorization: Bearer KEY\`, as \`X-CAP-API-OAUTH-TOKEN: KEY\`, or
as the password of HTTP Basic. A browser that has signed in by \`POST /v1/session\` sends a cookie instead; with it alone, a
request that changes something must come from a page of this server.

## Errors

Errors are problem details (RFC 9457) with a stable \`code\`; those of the documented API have the same codes in \`errors\`.

## Codes of refused requests

${renderFaultTable()}

## Codes of rejected rows

| code | number | what | what to do |
| --- | --- | --- | --- |
${ROW_ERROR_CODES.map((code) => `| \`${code}\` | ${ROW_RULES[code].number} | ${nameRowError(code)} | ${ROW_RULES[code].remedy} |`).join('\n')}

## Codes of failed imports

| code | cause | what to do |
| --- | --- | --- |
${FAILURES.map(([code, { cause, remedy }]) => `| \`${code}\` | ${cause} | ${remedy} |`).join('\n')}`

/** What every operation can answer beside its own. */
const COMMON_ERRORS = {
  400: 'The request is not as it should be; `errors` lists every fault',
  401: 'There is no API key, or it is unknown or revoked',
  403: 'The role of the API key does not include the needed one',
  429: 'Too many requests, or too many imports that wait',
  500: 'Something went wrong on our side; the request can be repeated',
}

/** Of which a program should wait before it asks again. */
const RETRY_STATUSES = ['429', '503']
const RETRY_HEADERS = { 'Retry-After': 'In how many seconds it may go better' }

type DocumentedOperation = OpenOperation & Partial<Pick<Operation, 'role'>>

/** An API: its operations, and the form of its errors. */
interface DocumentedApi {
  readonly operations: Readonly<Record<string, DocumentedOperation>>
  readonly errorType: string
  readonly errorSchema: z.ZodType
  readonly errorExample: (status: number, operation: DocumentedOperation) => object
}

const NATIVE: DocumentedApi = {
  operations: { ...OPERATIONS, ...SERVICE_OPERATIONS },
  errorType: 'application/problem+json',
  errorSchema: problemView,
  errorExample(status, operation) {
    if (status === 400) return EXAMPLES.problem
    const { title, code, message } = exampleError(status, operation)
    return { type: 'about:blank', title, status, code, detail: message }
  },
}
const COMPATIBLE: DocumentedApi = {
  operations: COMPATIBLE_OPERATIONS,
  errorType: 'application/json',
  errorSchema: compatibleErrorView,
  errorExample(status, operation) {
    if (status === 400) return EXAMPLES.compatibleErrors
    const { code, field, message } = exampleError(status, operation)
    return { success: false, status, errors: [{ code, field, message }] }
  },
}

const TAGS: Readonly<Record<OpenOperation['tag'], string>> = {
  imports: 'Upload files and follow what becomes of them',
  profiles: 'Saved options of an upload, for files of one kind',
  actions: 'Cancel, resume, revert, retry: each can be requested twice and happens once',
  results: 'What became of the rows',
  redemptions: 'What is recorded',
  reference: 'Series, coupons, customers and tills: what rows are resolved against',
  keys: 'API keys',
  webhooks: 'Notify other systems (Standard Webhooks)',
  compatible: 'The API of the documented system, for clients that were written for it',
  service: 'For whoever runs the service; needs no key',
}

/** The OpenAPI 3.1 document of everything that is answered, made of the schemas that validate. */
export function buildDocument(serverUrl: string): Json {
  const components = new SchemaComponents()
  const paths: Record<string, Json> = {}
  for (const api of [NATIVE, COMPATIBLE]) {
    for (const [operationId, operation] of Object.entries(api.operations)) {
      const item = (paths[operation.path] ??= {})
      item[operation.method] = {
        ...describeOperation(operationId, operation, api, components),
        'x-codeSamples': [{ lang: 'Shell', label: 'curl', source: makeCurl(operation, serverUrl) }],
      }
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Redemption importer',
      version: '1.0.0',
      description: DESCRIPTION,
      contact: { name: 'Whoever runs this installation', url: `${serverUrl}/docs` },
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
      schemas: components.toJson(),
    },
  }
}

function describeOperation(
  operationId: string,
  operation: DocumentedOperation,
  api: DocumentedApi,
  components: SchemaComponents,
): Json {
  const { tag, summary, description, role, body, success } = operation
  const needed = role === undefined ? 'Needs no key.' : `Needs a key with the role \`${role}\`.`
  return {
    operationId,
    tags: [tag],
    summary,
    description: `${description === undefined ? '' : `${description}\n\n`}${needed}`,
    ...(role === undefined ? { security: [] } : { 'x-role': role }),
    // Not as an example of the body: it lacks the file.
    ...(operation.example?.form === undefined ? {} : { 'x-form-example': operation.example.form }),
    parameters: [...pathParameters(operation), ...queryParameters(operation), ...headerParameters(operation)],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              [body.contentType]: {
                schema: components.refer(body.schema, 'input'),
                ...exampleOfBody(operation),
              },
            },
          },
        }),
    responses: {
      ...Object.fromEntries(success.map((answer) => [String(answer.status), describeSuccess(answer, components)])),
      ...describeErrors(operation, api, components),
    },
  }
}

function exampleOfBody({ body, example = {} }: DocumentedOperation): Json {
  if (body?.contentType.startsWith('text/csv') === true) return { example: TILLS_CSV }
  return example.json === undefined ? {} : { example: example.json }
}

function describeSuccess(answer: OpenOperation['success'][number], components: SchemaComponents): Json {
  const { description, schema, example, contentType, headers } = answer
  const content =
    schema !== undefined
      ? {
          'application/json': {
            schema: components.refer(schema, 'output'),
            ...(example === undefined ? {} : { example }),
          },
        }
      : contentType !== undefined
        ? { [contentType]: describeText(contentType, example) }
        : undefined
  return {
    description,
    ...(headers === undefined ? {} : { headers: headersOf(headers) }),
    ...(content === undefined ? {} : { content }),
  }
}

function describeText(contentType: string, example: unknown): Json {
  if (!contentType.startsWith('text/')) return { schema: BINARY }
  return { schema: { type: 'string' }, ...(example === undefined ? {} : { example }) }
}

function describeErrors(operation: DocumentedOperation, api: DocumentedApi, components: SchemaComponents): Json {
  const { role, errors } = operation
  const { errorType, errorSchema, errorExample } = api
  const common = role === undefined ? { 400: COMMON_ERRORS[400] } : COMMON_ERRORS
  const failures = Object.entries({ ...common, ...errors }).map(([status, description]) => {
    const schema = components.refer(errorSchema, 'output')
    const example = errorExample(Number(status), operation)
    const retry = RETRY_STATUSES.includes(status) ? { headers: headersOf(RETRY_HEADERS) } : {}
    return [status, { description, content: { [errorType]: { schema, example } }, ...retry }]
  })
  return Object.fromEntries(failures) as Json
}

function headersOf(headers: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  )
}

function pathParameters({ path }: OpenOperation): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: pathSchema(name ?? ''),
    example: EXAMPLE_PARAMETERS[(name ?? '') as keyof typeof EXAMPLE_PARAMETERS],
  }))
}

function pathSchema(name: string): Json {
  if (name === 'kind') return { type: 'string', enum: REFERENCE_KINDS }
  return name === 'name' ? { type: 'string', minLength: 1, maxLength: 100 } : { type: 'integer', minimum: 0 }
}

/**
 * As text on the wire and as the number that it stands for a value is written the same: the number's schema says more. A
 * cursor is text in both directions: what is in it is nobody's business.
 */
function queryParameters({ query }: OpenOperation): Json[] {
  const [input, output] = (['input', 'output'] as const).map((io) => toJsonSchema(query, io))
  const properties = (output?.['properties'] ?? {}) as Record<string, Json>
  const required = (input?.['required'] ?? []) as string[]
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: name === 'cursor' ? { type: 'string' } : schema,
  }))
}

function headerParameters({ headers = {} }: OpenOperation): Json[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }))
}
