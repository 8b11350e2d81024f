import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { callApi, postNative, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { startIntake, type TestIntake } from '../../test/start-intake.ts'
import { postGood } from '../../test/upload.ts'
import { line, seedReference, work } from '../../test/work.ts'

const MAX_QUEUED = 3
const AT_ONCE = 12

let intake: TestIntake

beforeAll(async () => {
  intake = await startIntake({ maxQueuedImportsPerOrg: MAX_QUEUED })
  await seedReference(intake)
})
afterAll(() => intake.stop())

/** Nothing waits: what did is cancelled. */
beforeEach(async () => {
  await intake.database.prisma.import.updateMany({ where: { status: 'queued' }, data: { status: 'cancelled' } })
})

let nextCoupon = 1
const makeFile = (): string => line('NOSUCH') + line(`CODE${nextCoupon++}`)

async function countQueued(): Promise<number> {
  return intake.database.prisma.import.count({ where: { status: 'queued' } })
}

async function fillQueue(): Promise<void> {
  while ((await countQueued()) < MAX_QUEUED) await uploadNative(intake, makeFile())
}

/** An import with a rejected row that is completed or cancelled. */
async function makeEnded(status: 'completed' | 'cancelled'): Promise<number> {
  const id = await uploadNative(intake, makeFile())
  await work(intake, id, status === 'cancelled' ? { shouldYield: () => true } : {})
  if (status === 'cancelled') await callApi(intake, 'POST', `/v1/imports/${id}/cancel`)
  return id
}

describe('of uploads at the same time no more are taken than may wait', () => {
  test.each<[string, (n: number) => Promise<Response>, accepted: number]>([
    ['to the native API', () => postNative(intake, makeFile()), 202],
    ['each with a key', (n) => postNative(intake, makeFile(), { headers: { 'Idempotency-Key': `key-${n}` } }), 202],
    [
      'of which none may be there before',
      () => postNative(intake, makeFile(), { fields: { onSameFile: 'reject' } }),
      202,
    ],
    ['to the compatible API', () => postGood(intake, makeFile()), 200],
  ])('%s', async (_name, post, accepted) => {
    const before = await intake.countStored()
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => post(n)))
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b)
    expect(statuses).toEqual(Array.from({ length: AT_ONCE }, (_, n) => (n < MAX_QUEUED ? accepted : 429)))
    for (const refused of answers.filter(({ status }) => status === 429)) {
      expect(refused.headers.get('retry-after')).toBe('5')
      expect(await refused.text()).toContain('TOO_MANY_QUEUED_IMPORTS')
    }
    const { imports, files, jobs } = await intake.countStored()
    expect({ imports: imports - before.imports, files: files - before.files, jobs: jobs - before.jobs }).toEqual({
      imports: MAX_QUEUED,
      files: MAX_QUEUED,
      jobs: MAX_QUEUED,
    })
  })
})

describe.each([
  ['resume', 'cancelled'],
  ['retry-rejected', 'completed'],
] as const)('%s', (action, status) => {
  test('is 429 while as many wait as may, and changes nothing', async () => {
    const id = await makeEnded(status)
    await fillQueue()
    const before = [await intake.countStored(), await intake.database.prisma.import.findUnique({ where: { id } })]
    const refused = await callApi(intake, 'POST', `/v1/imports/${id}/${action}`)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5'])
    expect((await readJson(refused)).code).toBe('TOO_MANY_QUEUED_IMPORTS')
    expect([await intake.countStored(), await intake.database.prisma.import.findUnique({ where: { id } })]).toEqual(
      before,
    )
  })

  test('takes as many of several at once as there are slots', async () => {
    const ids: number[] = []
    for (let i = 0; i < MAX_QUEUED + 2; i += 1) ids.push(await makeEnded(status))
    const answers = await Promise.all(ids.map((id) => callApi(intake, 'POST', `/v1/imports/${id}/${action}`)))
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([202, 202, 202, 429, 429])
    expect(await countQueued()).toBe(MAX_QUEUED)
  })
})

test('an action that does not fit is 409 also while as many wait as may', async () => {
  const id = await makeEnded('completed')
  await fillQueue()
  expect((await callApi(intake, 'POST', `/v1/imports/${id}/resume`)).status).toBe(409)
})
