import { deliveryListView } from '@importer/contracts'
import { expect, test } from 'vitest'

import { queryOnce } from '../../../../../tests/support/query-once.ts'
import { callApi, uploadNative } from '../../../test/native-upload.ts'
import { readJson } from '../../../test/read-json.ts'
import { startIntake } from '../../../test/start-intake.ts'
import { line, seedReference, work, workOnRevert } from '../../../test/work.ts'

const CALLBACK = 'https://hooks.example.com/imports?from=upload'

const intake = await startIntake()
await seedReference(intake)

const requestAction = async (id: number, action: string) => {
  expect((await callApi(intake, 'POST', `/v1/imports/${id}/${action}`)).ok).toBe(true)
}
const loseFile = async (id: number) => {
  const { fileKey } = await intake.database.prisma.import.findUniqueOrThrow({ where: { id } })
  await intake.store.remove(fileKey)
}
const wrong = line('NOSUCH').repeat(3)

/** How an import ends, from its upload on, and its notifications: the events' types and data, in their order. */
test.each<[string, string, Record<string, string>, (id: number) => Promise<void>, (readonly [string, object])[]]>([
  [
    'completes',
    line('CODE1') + wrong,
    {},
    async (id) => work(intake, id),
    [['import.completed', { status: 'completed', outcome: 'partial', counts: { inserted: 1, rejected: 3 } }]],
  ],
  [
    'has more errors than it may',
    wrong,
    { maxErrors: '1' },
    async (id) => work(intake, id),
    [['import.failed', { status: 'failed', failure: { code: 'ERROR_BUDGET_EXCEEDED' } }]],
  ],
  [
    'finds its file gone',
    line('CODE2'),
    {},
    async (id) => {
      await loseFile(id)
      await work(intake, id)
    },
    [['import.failed', { status: 'failed', failure: { code: 'FILE_MISSING' } }]],
  ],
  [
    'is cancelled',
    line('CODE3'),
    {},
    async (id) => {
      await requestAction(id, 'cancel')
      await requestAction(id, 'cancel')
      await work(intake, id)
    },
    [['import.cancelled', { status: 'cancelled', outcome: null, counts: { inserted: 0 } }]],
  ],
  [
    'completes and is reverted',
    line('CODE4'),
    {},
    async (id) => {
      await work(intake, id)
      await requestAction(id, 'revert')
      await workOnRevert(intake, id)
      await workOnRevert(intake, id)
    },
    [
      ['import.completed', { status: 'completed', outcome: 'success', counts: { inserted: 1 } }],
      ['import.reverted', { status: 'reverted', outcome: null }],
    ],
  ],
])('an import that %s notifies its callbackUrl and the endpoints', async (_name, content, fields, end, reported) => {
  const { prisma } = intake.database
  await queryOnce(intake.ownerUrl, 'TRUNCATE webhook_endpoint, webhook_event CASCADE')
  const json = { url: 'https://hooks.example.com/all' }
  const endpoint = await readJson(await callApi(intake, 'POST', '/v1/webhook-endpoints', { json }))
  const id = await uploadNative(intake, content, { fields: { ...fields, callbackUrl: CALLBACK } })
  const other = await uploadNative(intake, line('CODE9'))
  await end(id)
  await work(intake, other)

  const events = await prisma.webhookEvent.findMany({ where: { importId: id }, orderBy: { id: 'asc' } })
  expect(events.map(({ type }) => type)).toEqual(reported.map(([type]) => type))
  for (const [index, { body }] of events.entries()) {
    const [type, data] = reported[index] ?? []
    const links = { self: `${intake.url}/v1/imports/${id}` }
    expect(JSON.parse(body)).toMatchObject({ type, data: { id, links, ...data } })
  }

  // By import, without those of the other one.
  const response = await callApi(intake, 'GET', `/v1/webhook-deliveries?importId=${id}`)
  const { items } = deliveryListView.parse(await readJson(response))
  expect(items).toHaveLength(2 * reported.length)
  expect(new Set(items.map(({ importId }) => importId))).toEqual(new Set([id]))
  expect(items.map(({ endpointId, url }) => [endpointId, url])).toEqual(
    expect.arrayContaining([
      [null, CALLBACK],
      [endpoint.id, endpoint.url],
    ]),
  )
})
