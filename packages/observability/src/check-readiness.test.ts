import { afterEach, expect, test } from 'vitest'

import { checkReadiness } from './check-readiness.ts'
import { createRegistry, startObservationServer, type ObservationServer } from './observation-server.ts'

const NEVER = new AbortController().signal
const LOG = { warn: () => undefined }

let server: ObservationServer | undefined
afterEach(async () => server?.close())

test.each([
  ['', 503, ['database', 'queue', 'storage']],
  ['?exclude=queue', 503, ['database', 'storage']],
  ['?exclude=queue&exclude=storage', 200, ['database']],
  ['?exclude=queue&exclude=tape', 503, ['database', 'storage']],
])('/readyz%s is %i, by %j', async (query, status, parts) => {
  const checks = {
    database: async () => undefined,
    queue: async () => Promise.reject(new Error('away')),
    storage: async () => Promise.reject(new Error('away')),
  }
  server = await startObservationServer({
    port: 0,
    host: '127.0.0.1',
    registry: createRegistry(),
    checks,
    log: LOG,
    stopping: NEVER,
  })
  const answer = await fetch(`http://127.0.0.1:${server.port}/readyz${query}`)
  expect(answer.status).toBe(status)
  expect(Object.keys(((await answer.json()) as { checks: object }).checks)).toEqual(parts)
})

test('a process that is to end is not ready, whatever is excluded', async () => {
  const url = '/readyz?exclude=process&exclude=database'
  const { status, checks } = await checkReadiness({}, LOG, { url, stopping: AbortSignal.abort() })
  expect([status, Object.keys(checks)]).toEqual(['unavailable', ['process']])
})
