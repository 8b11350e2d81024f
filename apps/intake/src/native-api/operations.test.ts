import { exampleError, OPERATIONS, problemView, roleIncludes, type Role } from '@importer/contracts'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { createCalls, json, operationOf, sendCall, type Call } from '../../test/operation-calls.ts'
import { SERIES, startIntake, type TestIntake } from '../../test/start-intake.ts'
import { seedReference } from '../../test/work.ts'

/** Walks the document: what it says of every operation is so, and nothing else happens. */

const intake = await startIntake()
/** The same over the same database, where every key has made its requests of this minute. */
const exhausted = await startIntake({ rateLimitPerMinute: 0 })
await seedReference(intake)

const { callOf, names, upload, conflicts, bodies } = createCalls(() => intake)

interface Sender {
  readonly key?: string | null
  readonly target?: TestIntake
}

const send = async (name: string, call: Call, { key, target = intake }: Sender = {}): Promise<Response> =>
  sendCall(target, name, call, key)

/** Text says how it is encoded, also where the document names its type alone. */
const withCharset = (type: string): string =>
  type.startsWith('text/') && !type.includes('charset') ? `${type}; charset=utf-8` : type

/** The answer's status must be documented, and its body must be what is documented of it. */
async function check(name: string, response: Response): Promise<ReturnType<typeof JSON.parse>> {
  const { success, errors = {} } = operationOf(name)
  const text = await response.text()
  const known = success.find(({ status }) => status === response.status)
  if (known === undefined) {
    const documented = [400, 401, 403, 429, 500, ...Object.keys(errors).map(Number)]
    expect(documented, text).toContain(response.status)
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    return problemView.parse(JSON.parse(text))
  }
  const type = response.headers.get('content-type')
  if (known.schema !== undefined) {
    expect(type).toBe('application/json; charset=utf-8')
    return known.schema.parse(JSON.parse(text))
  }
  if (known.contentType === undefined) expect([type, text]).toEqual([null, ''])
  else expect(type).toBe(withCharset(known.contentType))
  return text
}

/** The code of the answer is the one in the document's example of it. */
async function expectLikeExample(name: string, response: Response, status: number): Promise<void> {
  const { code } = exampleError(status, operationOf(name))
  expect(await check(name, response)).toMatchObject({ status, code })
}

const NAMES = Object.keys(OPERATIONS)
const queryNames = (name: string): string[] => Object.keys(operationOf(name).query.shape)

test('every operation has a call', () => {
  expect([...names].toSorted((a, b) => a.localeCompare(b))).toEqual(NAMES.toSorted((a, b) => a.localeCompare(b)))
})

describe.each(NAMES)('%s', (name) => {
  test('succeeds as documented', async () => {
    const response = await send(name, await callOf(name))
    await check(name, response)
    expect(operationOf(name).success.map(({ status }) => status)).toContain(response.status)
  })

  test('is 401 without a key', async () => {
    const response = await send(name, await callOf(name), { key: null })
    expect((await check(name, response)).status).toBe(401)
  })

  test('is 429 when the key has made its requests', async () => {
    const response = await send(name, { params: { kind: 'tills' } }, { target: exhausted })
    expect((await check(name, response)).code).toBe('RATE_LIMITED')
    expect(response.headers.get('ratelimit-policy')).toBe('"minute";q=0;w=60')
    expect(response.headers.get('ratelimit')).toMatch(/^"minute";r=0;t=\d+$/)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  test('is 400 for a parameter that nobody knows', async () => {
    const call = await callOf(name)
    const query = [call.query, 'nobody=1'].filter(Boolean).join('&')
    const response = await send(name, { ...call, query })
    const { status, code, detail } = await check(name, response)
    expect([status, code, detail]).toEqual([400, 'UNKNOWN_FIELD', expect.stringContaining('nobody')])
  })
})

const PATHS = [...new Set(NAMES.map((name) => operationOf(name).path))]
test.each(PATHS)('%s is 405 for every other method', async (path) => {
  const own = NAMES.filter((name) => operationOf(name).path === path)
  const methods = own.map((name) => operationOf(name).method.toUpperCase())
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((other) => !methods.includes(other))) {
    const response = await fetch(`${intake.url}${path.replaceAll(/\{\w+\}/g, '1')}`, { method })
    expect([method, response.status, ((await response.json()) as { code: string }).code]).toEqual([
      method,
      405,
      'METHOD_NOT_ALLOWED',
    ])
    const allowed = methods.flatMap((other) => (other === 'GET' ? ['GET', 'HEAD'] : [other]))
    expect(response.headers.get('allow')).toBe(allowed.join(', '))
  }
})

const LESSER: Record<Role, readonly Role[]> = { read: [], write: ['read'], admin: ['read', 'write'] }
test.each(NAMES.flatMap((name) => LESSER[operationOf(name).role].map((role): [string, Role] => [name, role])))(
  '%s is 403 for a key with the role %s',
  async (name, role) => {
    expect(roleIncludes(role, operationOf(name).role)).toBe(false)
    const response = await send(name, await callOf(name), { key: intake.keys[role as 'read' | 'write'] })
    expect((await check(name, response)).status).toBe(403)
  },
)

test.each(NAMES.filter((name) => /\{\w*[iI]d\}/.test(operationOf(name).path)))(
  "%s is 404 with another organization's key",
  async (name) => {
    const response = await send(name, await callOf(name), { key: intake.keys.other })
    await expectLikeExample(name, response, 404)
  },
)

/** What no parameter takes; of instants also what no calendar of ours has. */
const BAD_QUERY = ['', '%00', 'a%00b']
const BAD_INSTANTS = ['0000-01-01T00:00:00Z', '0001-01-01T00:00:00%2B14:00', '9999-12-31T23:59:59-14:00', '2026-02-30']
test.each(NAMES.flatMap((name) => queryNames(name).map((parameter): [string, string] => [name, parameter])))(
  '%s is 400 for a wrong %s',
  async (name, parameter) => {
    const call = await callOf(name)
    for (const value of [...BAD_QUERY, ...(parameter.startsWith('created') ? BAD_INSTANTS : [])]) {
      const problem = await check(name, await send(name, { ...call, query: `${parameter}=${value}` }))
      expect([value, problem.status, JSON.stringify(problem)]).toEqual([value, 400, expect.stringContaining(parameter)])
    }
  },
)

/** What no path takes, as it stands in a URL. */
const BAD_PATHS = ['abc', '-1', '1.5', '1e3', '0x1', '%00', '%20', 'a%2Fb', '١']
/** What no name is: of a profile nearly every text is one. */
const BAD_NAMES = ['%00', '%20', 'a%2Fb', '%20a', 'a%0Ab', 'x'.repeat(101)]
const pathNames = (name: string): string[] =>
  [...operationOf(name).path.matchAll(/\{(\w+)\}/g)].map(([, parameter = '']) => parameter)

test.each(NAMES.flatMap((name) => pathNames(name).map((parameter): [string, string] => [name, parameter])))(
  '%s is 400 for a wrong %s in its path',
  async (name, parameter) => {
    const bad = parameter === 'name' ? BAD_NAMES : BAD_PATHS
    for (const value of [...bad, ...(parameter === 'kind' ? ['nonsense', 'constructor', '1'] : [])]) {
      const call = { ...bodies[name], params: { kind: 'tills', [parameter]: value } }
      const { status, code, detail } = await check(name, await send(name, call))
      expect([value, status, code, detail]).toEqual([value, 400, 'INVALID_VALUE', expect.stringContaining(parameter)])
    }
  },
)

test.each(NAMES.filter((name) => /\{\w*[iI]d\}/.test(operationOf(name).path)))(
  '%s is 404 for ids that nothing has, however large',
  async (name) => {
    for (const id of ['2147483647', '2147483648', '9007199254740992', '9'.repeat(40)]) {
      const params = Object.fromEntries(pathNames(name).map((parameter) => [parameter, id]))
      const call = { ...bodies[name], params: { ...params, kind: 'tills' } }
      await expectLikeExample(name, await send(name, call), 404)
    }
  },
)

test.each(['two words', 'ä', 'x'.repeat(256), ''])('createImport is 400 for the Idempotency-Key %j', async (key) => {
  const headers = { 'Idempotency-Key': key }
  const response = await send('createImport', { params: { seriesId: SERIES }, body: upload(), headers })
  const problem = await check('createImport', response)
  expect([problem.status, problem.code, problem.detail]).toEqual([400, 'INVALID_VALUE', expect.stringContaining('key')])
})

test.each(Object.keys(conflicts))('%s is 409 where it does not fit', async (name) => {
  const call = await conflicts[name]?.()
  await expectLikeExample(name, await send(name, call ?? {}), 409)
})

/** What no field takes. */
const BAD_JSON = [{ no: 'such' }, 'a\0b', 'a\ud800b', '0000-01-01T00:00:00Z\0']
const JSON_FIELDS = NAMES.flatMap((name) => {
  const { body } = operationOf(name)
  if (body?.contentType !== 'application/json' || !(body.schema instanceof z.ZodObject)) return []
  return Object.keys(body.schema.shape).map((field): [string, string] => [name, field])
})
test.each(JSON_FIELDS)('%s is 400 for a wrong field %s', async (name, field) => {
  const call = await callOf(name)
  const fields = JSON.parse(typeof call.body === 'string' ? call.body : '{}') as object
  for (const value of BAD_JSON) {
    const problem = await check(name, await send(name, { ...call, ...json({ ...fields, [field]: value }) }))
    expect([value, problem.status, JSON.stringify(problem)]).toEqual([
      value,
      400,
      expect.stringMatching(new RegExp(field, 'i')),
    ])
  }
})

const uploadSchema = operationOf('createImport').body?.schema
const UPLOAD_NAMES = uploadSchema instanceof z.ZodObject ? Object.keys(uploadSchema.shape) : []
test.each(UPLOAD_NAMES)('createImport is 400 for a wrong field %s', async (field) => {
  const values = field === 'file' ? [''] : [field === 'details' ? 'x'.repeat(70_000) : '~~', 'a\0b']
  for (const value of values) {
    const body = upload(field === 'file' ? {} : { [field]: value })
    if (field === 'file') body.delete('file')
    const problem = await check('createImport', await send('createImport', { params: { seriesId: SERIES }, body }))
    expect([problem.status, JSON.stringify(problem)]).toEqual([400, expect.stringContaining(field)])
  }
})

test('createImport is 429 while too many imports of the organization wait', async () => {
  const full = await startIntake({ maxQueuedImportsPerOrg: 1 })
  const call = () => ({ params: { seriesId: SERIES }, body: upload() })
  expect((await send('createImport', call(), { target: full })).status).toBe(202)
  const refused = await send('createImport', call(), { target: full })
  expect(refused.headers.get('retry-after')).toBe('5')
  expect((await check('createImport', refused)).code).toBe('TOO_MANY_QUEUED_IMPORTS')
  const compatible = await fetch(`${full.url}/upload/redeemFile/${SERIES}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${full.keys.write}` },
    body: upload(),
  })
  expect([compatible.status, await compatible.json()]).toMatchObject([429, { success: false, status: 429 }])
})
