import type { ImportStatus } from '@importer/contracts'
import { describe, expect, test } from 'vitest'

import { callApi, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { startIntake } from '../../test/start-intake.ts'
import { line, seedReference, work, workOnPreparation, workOnRevert } from '../../test/work.ts'

let nextCoupon = 1

const intake = await startIntake()
await seedReference(intake)

const STATES = [
  'queued',
  'processing',
  'completed',
  'failed',
  'cancelled',
  'resumed',
  'resumed and processing',
  'resumed and completed',
  'reverting',
  'reverted',
] as const
type State = (typeof STATES)[number]

const ACTIONS = ['cancel', 'resume', 'revert', 'retry-rejected'] as const
type Action = (typeof ACTIONS)[number]

async function requestAction(
  id: number,
  action: Action,
): Promise<{ status: number; body: ReturnType<typeof JSON.parse> }> {
  const response = await callApi(intake, 'POST', `/v1/imports/${id}/${action}`)
  return { status: response.status, body: await readJson(response) }
}

async function show(id: number): Promise<ReturnType<typeof JSON.parse>> {
  return readJson(await callApi(intake, 'GET', `/v1/imports/${id}`))
}

/** Good rows, and one of a coupon that is not there. */
function makeFile(rows = 1): string {
  return line('NOSUCH') + Array.from({ length: rows }, () => line(`CODE${nextCoupon++}`)).join('')
}

/** An import of one inserted and one rejected row that has come to this state by the ways that users have. */
async function bringTo(state: State, fields: Record<string, string> = {}): Promise<number> {
  const id = await uploadNative(intake, makeFile(), {
    fields: { ...fields, ...(state === 'failed' ? { maxErrors: '0' } : {}) },
  })
  if (state === 'queued') return id
  if (state.startsWith('resumed')) {
    await requestAction(id, 'cancel')
    await requestAction(id, 'resume')
    if (state === 'resumed') return id
  }
  const isStopped = ['processing', 'cancelled', 'resumed and processing'].includes(state)
  // Stopped after its rows, before its end: as a worker leaves it that is to end.
  await work(intake, id, isStopped ? { shouldYield: () => true } : {})
  if (state === 'cancelled') await requestAction(id, 'cancel')
  if (state === 'reverting' || state === 'reverted') await requestAction(id, 'revert')
  if (state === 'reverted') await workOnRevert(intake, id)
  return id
}

const STATUS: Record<State, ImportStatus> = {
  queued: 'queued',
  processing: 'processing',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
  resumed: 'queued',
  'resumed and processing': 'processing',
  'resumed and completed': 'completed',
  reverting: 'completed',
  reverted: 'reverted',
}

/** What an action answers in a state, and the status after it; 409 leaves everything as it was. */
const TABLE: Record<Action, Record<State, 409 | readonly [answer: number, then: ImportStatus]>> = {
  cancel: {
    queued: [200, 'cancelled'],
    processing: [200, 'cancelled'],
    completed: 409,
    failed: 409,
    cancelled: [200, 'cancelled'],
    resumed: [200, 'cancelled'],
    'resumed and processing': [200, 'cancelled'],
    'resumed and completed': 409,
    reverting: 409,
    reverted: 409,
  },
  resume: {
    queued: 409,
    processing: 409,
    completed: 409,
    failed: [202, 'queued'],
    cancelled: [202, 'queued'],
    resumed: [202, 'queued'],
    'resumed and processing': [202, 'processing'],
    'resumed and completed': 409,
    reverting: 409,
    reverted: 409,
  },
  revert: {
    queued: 409,
    processing: 409,
    completed: [202, 'completed'],
    failed: [202, 'failed'],
    cancelled: [202, 'cancelled'],
    resumed: 409,
    'resumed and processing': 409,
    'resumed and completed': [202, 'completed'],
    reverting: [202, 'completed'],
    reverted: [200, 'reverted'],
  },
  'retry-rejected': {
    queued: 409,
    processing: 409,
    completed: [202, 'completed'],
    failed: [202, 'failed'],
    cancelled: [202, 'cancelled'],
    resumed: 409,
    'resumed and processing': 409,
    'resumed and completed': [202, 'completed'],
    reverting: 409,
    reverted: 409,
  },
}

describe.each(ACTIONS)('%s', (action) => {
  test.each(STATES)('in the state %s', async (state) => {
    const id = await bringTo(state)
    const expected = TABLE[action][state]
    const before = await intake.database.prisma.import.findUniqueOrThrow({ where: { id } })
    const first = await requestAction(id, action)
    if (expected === 409) {
      expect(first).toMatchObject({ status: 409, body: { code: 'IMPORT_STATE', state: STATUS[state] } })
      expect(await intake.database.prisma.import.findUniqueOrThrow({ where: { id } })).toEqual(before)
      return
    }
    const [answer, then] = expected
    expect(first.status).toBe(answer)
    expect((await intake.database.prisma.import.findUniqueOrThrow({ where: { id } })).status).toBe(then)
    // Pulled again it says the same, and does nothing a second time.
    const imports = await intake.database.prisma.import.count()
    const again = await requestAction(id, action)
    expect([200, 202]).toContain(again.status)
    expect(again.body.id).toBe(first.body.id)
    expect(await intake.database.prisma.import.count()).toBe(imports)
  })
})

test('what a cancelled import did is kept, the rest can be downloaded, and resumed it ends as if nothing had been', async () => {
  const rows = 6_000
  const id = await uploadNative(intake, makeFile(rows))
  await work(intake, id, { batchRows: 500, shouldYield: () => true })
  // Every partition was fenced where it stood: here, after the first time slice.
  const running = await show(id)
  expect(running.counts.rows).toBeLessThan(rows)
  await requestAction(id, 'cancel')
  const cancelled = await show(id)
  expect(cancelled).toMatchObject({ status: 'cancelled', counts: running.counts })
  const left = await (await callApi(intake, 'GET', `/v1/imports/${id}/unprocessed.csv`)).text()
  expect(left.trimEnd().split('\n').length - 1).toBe(rows + 1 - cancelled.counts.rows)
  expect((await requestAction(id, 'resume')).body.status).toBe('queued')
  await work(intake, id, { batchRows: 1_000 })
  await expect
    .poll(() => show(id))
    .toMatchObject({ status: 'completed', counts: { rows: rows + 1, inserted: rows, rejected: 1 } })
})

test('an import that never began is unprocessed as a whole', async () => {
  const id = await uploadNative(intake, `date,till,phone,code\n${makeFile(3)}`)
  await requestAction(id, 'cancel')
  const left = await (await callApi(intake, 'GET', `/v1/imports/${id}/unprocessed.csv`)).text()
  expect(left.split('\n')[0]).toBe('date,till,phone,code,rowNumber,line')
  expect(left.trimEnd().split('\n').length - 1).toBe(4)
})

test('a worker whose import is cancelled under its hands can commit nothing more', async () => {
  const rows = 2_000
  const id = await uploadNative(intake, makeFile(rows))
  const { prisma } = intake.database
  const working = work(intake, id, { batchRows: 5 })
  const answer = await requestAction(id, 'cancel')
  const counted = await prisma.redemption.count({ where: { importId: id } })
  await working
  expect([answer.status, answer.body.status, answer.body.counts.inserted]).toEqual([200, 'cancelled', counted])
  expect(await prisma.redemption.count({ where: { importId: id } })).toBe(counted)
  expect((await show(id)).status).toBe('cancelled')
})

test('a reverted import leaves its history and nothing else, and its coupons are free again', async () => {
  const content = makeFile(30)
  const id = await uploadNative(intake, content)
  await work(intake, id)
  const before = await show(id)
  await requestAction(id, 'revert')
  // Stopped half-way, it is taken up again: two at once do no harm either.
  await Promise.all([workOnRevert(intake, id), workOnRevert(intake, id)])
  await expect
    .poll(() => show(id))
    .toMatchObject({ status: 'reverted', counts: before.counts, errorsByCode: before.errorsByCode })
  expect(await intake.database.prisma.redemption.count({ where: { importId: id } })).toBe(0)
  const again = await uploadNative(intake, content)
  await work(intake, again)
  expect((await show(again)).counts).toEqual(before.counts)
})

test('a dry run cannot be reverted: it inserted nothing', async () => {
  const id = await bringTo('completed', { dryRun: 'true' })
  expect(await requestAction(id, 'revert')).toMatchObject({ status: 409, body: { state: 'completed' } })
})

test('rejected rows are retried as they were, linked both ways', async () => {
  const content =
    'date;till;phone;code;note\r\n' +
    '1603263535000;50001;919999999999;LATER1;"a;""b""\nc"\r\n' +
    `1603263535000;50001;919999999999;CODE${nextCoupon++};good\r\n` +
    '1603263535000;50001;919999999999;LATER2;  spaces  '
  const id = await uploadNative(intake, content)
  await work(intake, id)
  expect((await show(id)).counts).toEqual({ rows: 3, inserted: 1, duplicates: 0, rejected: 2 })
  const { body: retry } = await requestAction(id, 'retry-rejected')
  expect(retry).toMatchObject({ status: 'queued', retryOf: id, headerRow: true, delimiter: ';' })
  expect((await show(id)).retriedAs).toBe(retry.id)
  await workOnPreparation(intake, retry.id)
  const file = await (await callApi(intake, 'GET', `/v1/imports/${retry.id}/file`)).text()
  expect(file).toBe(content.replace(/^.*good\r\n/m, '') + '\n')
  await intake.database.prisma.coupon.createMany({
    data: ['LATER1', 'LATER2'].map((code, i) => ({
      orgId: 9619,
      id: 90_000 + i,
      seriesId: 953234,
      code,
      codeKey: code.toLowerCase(),
    })),
  })
  await work(intake, retry.id)
  await expect
    .poll(() => show(retry.id))
    .toMatchObject({ status: 'completed', counts: { rows: 2, inserted: 2, rejected: 0 } })
  expect((await requestAction(retry.id, 'retry-rejected')).status).toBe(409)
})
