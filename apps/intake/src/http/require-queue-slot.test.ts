import { beforeEach, describe, expect, test } from 'vitest'

import { callApi, uploadNative } from '../../test/native-upload.ts'
import { readJson } from '../../test/read-json.ts'
import { testSimultaneousUploads } from '../../test/simultaneous-uploads.ts'
import { startIntake } from '../../test/start-intake.ts'
import { line, seedReference, work } from '../../test/work.ts'

const MAX_QUEUED = 3

const intake = await startIntake({ maxQueuedImportsPerOrg: MAX_QUEUED })
await seedReference(intake)

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

testSimultaneousUploads({
  intake: () => intake,
  makeFile,
  limit: MAX_QUEUED,
  refusal: { status: 429, code: 'TOO_MANY_QUEUED_IMPORTS', retryAfter: '5' },
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
