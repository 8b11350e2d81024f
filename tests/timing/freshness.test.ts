/** How soon a change shows: measured alone on the machine, which the other tests are not. */
import { createApiKey, revokeApiKey } from '@importer/db'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { callApi, uploadNative } from '../../apps/intake/test/native-upload.ts'
import { ORG, startIntake, type TestIntake } from '../../apps/intake/test/start-intake.ts'
import { line } from '../../apps/intake/test/work.ts'

let intake: TestIntake
let importId: number

beforeAll(async () => {
  intake = await startIntake()
  importId = await uploadNative(intake, line('CODE1'))
})
afterAll(() => intake.stop())

/** Asks again and again until `hasChanged`; gives for how long what was asked for was still the old. */
async function measureStaleMs(hasChanged: () => Promise<boolean>): Promise<number> {
  const changedAt = performance.now()
  for (let staleMs = 0; ;) {
    const requestedAt = performance.now()
    if (await hasChanged()) return staleMs
    staleMs = requestedAt - changedAt
  }
}

const show = (headers: Record<string, string> = {}) => callApi(intake, 'GET', `/v1/imports/${importId}`, { headers })

test('a poll is at most 250 ms old', async () => {
  const tag = (await show()).headers.get('etag') ?? ''
  await intake.database.prisma.import.update({ where: { id: importId }, data: { status: 'processing' } })
  const staleMs = await measureStaleMs(async () => {
    const answer = await show({ 'If-None-Match': tag })
    await answer.text()
    return answer.status === 200
  })
  expect(staleMs).toBeLessThan(250)
})

test('a revoked key stops working within 200 ms', async () => {
  const { id, key } = await createApiKey(intake.database, { orgId: ORG, role: 'read' })
  const requestByKey = async () => {
    const headers = { Authorization: `Bearer ${key}` }
    const answer = await fetch(`${intake.url}/v1/imports/${importId}`, { headers })
    await answer.text()
    return answer.status
  }
  expect(await requestByKey()).toBe(200)
  await revokeApiKey(intake.database, { orgId: ORG, id })
  expect(await measureStaleMs(async () => (await requestByKey()) === 401)).toBeLessThan(200)
})

test('a watcher hears at least once a second', async () => {
  const stream = await callApi(intake, 'GET', `/v1/imports/${importId}/events`)
  const heardAt: number[] = []
  const decoder = new TextDecoder()
  if (stream.body === null) throw new Error('there are no events')
  for await (const chunk of stream.body) {
    if (decoder.decode(chunk as Uint8Array, { stream: true }).includes('event: progress'))
      heardAt.push(performance.now())
    if (heardAt.length === 5) break
  }
  const gaps = heardAt.slice(1).map((at, i) => at - (heardAt[i] ?? 0))
  expect(Math.max(...gaps)).toBeLessThan(1_100)
})
