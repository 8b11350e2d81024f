import {
  COLUMN_KEYS,
  COMPATIBLE_OPERATIONS,
  compatibleErrorView,
  FAULT_CODES,
  problemView,
  ROW_ERROR_CODES,
  type OpenOperation,
} from '@importer/contracts'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { expect, test } from 'vitest'

import { DOCUMENTED } from '../../test/operation-calls.ts'
import { readJson } from '../../test/read-json.ts'
import { SERIES, startIntake } from '../../test/start-intake.ts'
import { fieldParts, filePart, GOOD_FIELDS, makeForm } from '../../test/upload.ts'
import { buildDocument } from './build-document.ts'
import { createDocumentWriter } from './write-document.ts'

const intake = await startIntake()

test('the document passes the linter', async () => {
  const config = await createConfig({ extends: ['recommended'], rules: { 'no-server-example.com': 'off' } })
  const source = JSON.stringify(buildDocument('https://coupons.example.com'))
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config })
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([])
})

test('the document is served, with the address at which it is asked for', async () => {
  const response = await fetch(`${intake.url}/openapi.json`)
  const document = await readJson(response)
  expect([response.status, document.openapi, document.servers]).toEqual([200, '3.1.0', [{ url: intake.url }]])
  const ids = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId),
  )
  expect(new Set(ids)).toEqual(new Set(Object.keys(DOCUMENTED)))
})

const ANSWERS = Object.entries(DOCUMENTED).flatMap(([name, { success }]) =>
  success.flatMap(({ status, schema, example }) => (schema === undefined ? [] : [{ name, status, schema, example }])),
)
test.each(ANSWERS)('the example of what $name answers with $status is such an answer', ({ schema, example }) => {
  expect(schema.parse(example)).toEqual(example)
})

interface DocumentedAnswer {
  readonly content?: Record<string, { schema: { format?: string }; example?: unknown }>
}
const PATHS = buildDocument('https://coupons.example.com')['paths'] as Record<
  string,
  Record<string, { operationId: string; responses: Record<string, DocumentedAnswer> }>
>
const DOCUMENTED_ANSWERS = Object.values(PATHS).flatMap((item) =>
  Object.values(item).flatMap(({ operationId, responses }) =>
    Object.entries(responses).flatMap(([status, { content = {} }]) =>
      Object.entries(content).map(([type, body]) => ({ operationId, status, type, ...body })),
    ),
  ),
)

test('every answer has an example but files of bytes, and the examples of errors are errors', () => {
  const bare = DOCUMENTED_ANSWERS.filter(({ example }) => example === undefined)
  expect(bare.map(({ operationId, status, schema }) => [operationId, status, schema.format])).toEqual([
    ['downloadErrorWorkbook', '200', 'binary'],
    ['downloadFile', '200', 'binary'],
    ['downloadFile', '206', 'binary'],
  ])
  const errors = DOCUMENTED_ANSWERS.filter(({ status }) => Number(status) >= 400 && status !== '503')
  expect(errors.length).toBeGreaterThan(200)
  for (const { status, type, example } of errors) {
    const view = type === 'application/problem+json' ? problemView : compatibleErrorView
    const parsed = view.parse(example)
    expect([parsed, parsed.status]).toEqual([example, Number(status)])
  }
})

test('what a form may leave out is not mandatory, and its file is bytes', () => {
  const { schemas } = buildDocument('https://coupons.example.com')['components'] as {
    schemas: Record<string, { required: string[]; properties: Record<string, Record<string, unknown>> }>
  }
  for (const form of [schemas['Upload'], schemas['CompatibleUpload']]) {
    expect(form?.required.toSorted()).toEqual(['file'])
    // A program that is made of the document takes a member with a default for one that is always there.
    expect(Object.values(form?.properties ?? {}).filter((property) => 'default' in property)).toEqual([])
    expect(form?.properties['file']).toMatchObject({ format: 'binary', contentMediaType: 'application/octet-stream' })
    expect(form?.properties['file']).not.toHaveProperty('type')
  }
})

test('codes and keys have their enumerations', () => {
  const { schemas } = buildDocument('https://coupons.example.com')['components'] as {
    schemas: Record<string, { enum: string[]; properties: Record<string, { contentSchema?: object }> }>
  }
  expect(schemas['RowErrorCode']?.enum).toEqual(ROW_ERROR_CODES)
  expect(schemas['FaultCode']?.enum).toEqual(FAULT_CODES)
  expect(schemas['ColumnKey']?.enum).toEqual(COLUMN_KEYS)
  expect(schemas['Upload']?.properties['uploadHeaders']?.contentSchema).toMatchObject({
    propertyNames: { enum: COLUMN_KEYS },
  })
})

test.each(Object.keys(COMPATIBLE_OPERATIONS))('%s answers as the document says', async (name) => {
  const { method, path, success } = DOCUMENTED[name] as OpenOperation
  const url = (series: number): string => `${intake.url}${path.replace('{couponSeriesId}', String(series))}`
  const body = (): FormData => makeForm([...fieldParts(GOOD_FIELDS), filePart()])
  const init = (): RequestInit => ({
    method: method.toUpperCase(),
    headers: { Authorization: `Bearer ${intake.keys.write}` },
    ...(method === 'post' ? { body: body() } : {}),
  })
  const good = await fetch(url(SERIES), init())
  expect(success.map(({ status }) => status)).toContain(good.status)
  success[0]?.schema?.parse(await good.json())
  const refused = await fetch(url(1), init())
  expect([refused.status, compatibleErrorView.parse(await refused.json()).errors]).toMatchObject([
    404,
    [{ code: 'SERIES_NOT_FOUND' }],
  ])
})

test.each(['http://127.0.0.1:8080', 'https://coupons.example.com/base', 'http://[::1]:80'])(
  'the text for %s is the document for it',
  (baseUrl) => {
    const write = createDocumentWriter()
    expect(JSON.parse(write(baseUrl).toString())).toEqual(buildDocument(baseUrl))
    expect(JSON.parse(write('http://other.example.com').toString())).toEqual(buildDocument('http://other.example.com'))
  },
)

test.each([
  ['/docs', 'text/html'],
  ['/docs/page.js', 'text/javascript'],
  ['/docs/page.css', 'text/css'],
])('%s is served from here alone', async (path, contentType) => {
  const response = await fetch(`${intake.url}${path}`)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, `${contentType}; charset=utf-8`])
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await response.text()).not.toMatch(/https?:\/\//)
})
