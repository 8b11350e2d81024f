import { OPERATIONS } from '@importer/contracts'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { readJson } from '../../test/read-json.ts'
import { startIntake, type TestIntake } from '../../test/start-intake.ts'
import { buildDocument } from './build-document.ts'

let intake: TestIntake

beforeAll(async () => {
  intake = await startIntake()
})
afterAll(() => intake.stop())

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
  expect(new Set(ids)).toEqual(new Set(Object.keys(OPERATIONS)))
})

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
