import { OPERATIONS } from '@importer/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { sendCall } from '../../test/operation-calls.ts'
import { readJson } from '../../test/read-json.ts'
import { startIntake } from '../../test/start-intake.ts'
import { fieldParts, filePart, makeForm, postForm } from '../../test/upload.ts'

const guard: { fault: string | null } = { fault: null }
const message = 'the database cannot be worked with: it is somebody else; repeat the request later'

const intake = await startIntake({ databaseGuard: guard })

describe('while the database cannot be worked with', () => {
  beforeAll(() => {
    guard.fault = 'it is somebody else'
  })
  afterAll(() => {
    guard.fault = null
  })

  test.each(Object.keys(OPERATIONS))('%s is 503 and says why, with a key and without', async (name) => {
    for (const key of [intake.keys.admin, null]) {
      const response = await sendCall(intake, name, {}, key)
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
      const problem = { title: 'Service Unavailable', status: 503, code: 'DATABASE_UNAVAILABLE', detail: message }
      expect(await readJson(response)).toEqual({ type: 'about:blank', ...problem })
    }
  })

  test('so is the compatible API in its own form, at both of its addresses, and nothing is stored', async () => {
    const errors = [{ code: 'DATABASE_UNAVAILABLE', field: 'request', message }]
    const upload = await postForm(intake, makeForm([...fieldParts(), filePart()]))
    const headers = { Authorization: `Bearer ${intake.keys.read}` }
    const statuses = await Promise.all(
      ['/upload', '/coupon/api/v1/upload'].map(async (mount) =>
        fetch(`${intake.url}${mount}/getUploadRedeemedCouponStatus/1`, { headers }),
      ),
    )
    for (const response of [upload, ...statuses]) {
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
      expect(await readJson(response)).toEqual({ success: false, status: 503, errors })
    }
    expect(await intake.countStored()).toEqual({ imports: 0, files: 0, jobs: 0 })
    // Why is one line of the process; here it would be one for each request.
    expect(intake.logged.filter((line) => line.includes('request failed'))).toEqual([])
  })

  test.each(['/healthz', '/readyz', '/metrics', '/docs', '/openapi.json'])('%s goes on', async (path) => {
    expect((await fetch(`${intake.url}${path}`)).status).toBe(200)
  })
})

test('afterwards it serves', async () => {
  const response = await sendCall(intake, 'listImports', {})
  expect(response.status).toBe(200)
})
