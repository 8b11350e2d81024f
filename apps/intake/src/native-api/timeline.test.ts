import { auditEventListView, timelineView } from '@importer/contracts'
import { beforeAll, expect, test } from 'vitest'

import { callApi, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { startIntake, type TestIntake } from '../../test/start-intake.ts'
import { line, seedReference, work, workOnRevert } from '../../test/work.ts'

let intake: TestIntake
beforeAll(async () => {
  intake = await startIntake()
  await seedReference(intake)
  await intake.database.prisma.apiKey.updateMany({ where: { role: 'admin' }, data: { name: 'nightly' } })
})

const timeline = async (id: number) =>
  timelineView.parse(await readJson(await callApi(intake, 'GET', `/v1/imports/${id}/timeline`))).items
const act = async (id: number, action: string) => {
  expect((await callApi(intake, 'POST', `/v1/imports/${id}/${action}`)).ok).toBe(true)
}

test('an import reports what happened to it, and who did it', async () => {
  const id = await uploadNative(intake, line('CODE1') + line('NOSUCH'), { key: intake.keys.admin })
  await act(id, 'cancel')
  await act(id, 'resume')
  await work(intake, id)
  const retried = await readJson(await callApi(intake, 'POST', `/v1/imports/${id}/retry-rejected`, { json: {} }))
  await act(id, 'revert')
  await workOnRevert(intake, id)
  const items = await timeline(id)
  expect(items.map(({ kind, actor }) => [kind, actor.type])).toEqual([
    ['uploaded', 'key'],
    ['cancelled', 'key'],
    ['resumed', 'key'],
    ['started', 'worker'],
    ['completed', 'worker'],
    ['retried', 'key'],
    ['revert-requested', 'key'],
    ['reverted', 'worker'],
  ])
  expect(items.filter(({ actor }) => actor.type === 'key').map(({ actor }) => actor.name)).toEqual(
    Array.from({ length: 5 }, () => 'nightly'),
  )
  expect(items[4]?.detail).toEqual({ inserted: 1, duplicates: 0, rejected: 1 })
  expect(items[5]?.detail).toEqual({ importId: retried.id })
})

test('a take-over is reported, a time slice is not, and a failure with its code', async () => {
  const id = await uploadNative(intake, line('CODE2').repeat(4))
  await work(intake, id, { shouldYield: () => true, batchRows: 1 })
  const { fileKey } = await intake.database.prisma.import.findUniqueOrThrow({ where: { id } })
  await intake.store.remove(fileKey)
  await intake.database.prisma.import.update({ where: { id }, data: { cleanStop: false } })
  await work(intake, id)
  const items = await timeline(id)
  expect(items.map(({ kind }) => kind)).toEqual(['uploaded', 'started', 'taken-over', 'failed'])
  expect(items.at(-1)?.detail).toMatchObject({ code: 'FILE_MISSING' })
})

test('an import that is forgotten says so, page by page', async () => {
  const id = await uploadNative(intake, line('CODE3'))
  await work(intake, id)
  expect((await callApi(intake, 'DELETE', `/v1/imports/${id}`)).status).toBe(204)
  const kinds: string[] = []
  let cursor: string | null = '0'
  while (cursor !== null) {
    const page = timelineView.parse(
      await readJson(await callApi(intake, 'GET', `/v1/imports/${id}/timeline?limit=1&cursor=${cursor}`)),
    )
    kinds.push(...page.items.map(({ kind }) => kind))
    cursor = page.nextCursor
  }
  expect(kinds).toEqual(['uploaded', 'started', 'completed', 'expired'])
  const listKind = async (kind: string) => callApi(intake, 'GET', `/v1/imports/${id}/timeline?kind=${kind}`)
  const { items } = timelineView.parse(await readJson(await listKind('expired')))
  expect(items.map(({ kind }) => kind)).toEqual(['expired'])
  expect((await readJson(await listKind('gone'))).detail).toContain('expected uploaded,')
})

test('keys, endpoints, reference data and sessions are on the audit list, for admins', async () => {
  const key = await readJson(await callApi(intake, 'POST', '/v1/api-keys', { json: { role: 'read', name: 'poller' } }))
  await callApi(intake, 'DELETE', `/v1/api-keys/${key.id}`)
  const hook = await readJson(
    await callApi(intake, 'POST', '/v1/webhook-endpoints', { json: { url: 'https://example.com/hook' } }),
  )
  await callApi(intake, 'PATCH', `/v1/webhook-endpoints/${hook.id}`, { json: { description: 'x' } })
  await callApi(intake, 'DELETE', `/v1/webhook-endpoints/${hook.id}`)
  await fetch(`${intake.url}/v1/reference/tills`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${intake.keys.admin}`, 'Content-Type': 'text/csv' },
    body: 'id,name\n7,x\n',
  })
  expect((await callApi(intake, 'POST', '/v1/session')).status).toBe(201)
  const { items } = auditEventListView.parse(
    await readJson(await callApi(intake, 'GET', '/v1/audit-events?limit=1000')),
  )
  expect(items.filter(({ actor }) => actor.name === 'nightly').map(({ kind }) => kind)).toEqual([
    'key.created',
    'key.revoked',
    'endpoint.created',
    'endpoint.changed',
    'endpoint.deleted',
    'reference.loaded',
    'session.created',
  ])
  expect(JSON.stringify(items)).not.toContain(key.key)
  expect((await callApi(intake, 'GET', '/v1/audit-events', { key: intake.keys.write })).status).toBe(403)
})
