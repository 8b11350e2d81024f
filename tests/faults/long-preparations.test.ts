/** Files of retries and texts of workbooks are made beside the imports: long ones hold their own two slots and no import's. */
import { expect, it } from 'vitest'

import { openSession } from '../support/open-session.ts'
import { queryOnce } from '../support/query-once.ts'
import { startSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRow, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

const SMALL_ROWS = 100
/** Of which the shop has no coupon. */
const MISSING = [1_001, 1_002, 1_003]

it('a small import completes beside two long preparations, a small retry beside one', async () => {
  const system = await startSystem({ concurrency: 1 })
  const { client, ownerUrl } = system
  await openShop(client, SMALL_ROWS)
  const rejected: number[] = []
  for (const coupon of MISSING) {
    const { jobId } = await client.upload({ ...SHOP_FIELDS, file: `${SHOP_HEADER}${shopRow(coupon)}\n` })
    expect((await client.waitUntilFinished(jobId)).counts).toMatchObject({ rows: 1, rejected: 1 })
    rejected.push(jobId)
  }
  const [first = 0, second = 0, third = 0] = rejected
  const retry = async (importId: number): Promise<number> => {
    const answer = await client.send('POST', `/v1/imports/${importId}/retry-rejected`)
    expect(answer.status).toBe(202)
    return ((await answer.json()) as { id: number }).id
  }
  const hold = async (importId: number): Promise<() => Promise<void>> => {
    const holder = await openSession(ownerUrl)
    await holder.query('BEGIN')
    await holder.query('SELECT FROM import WHERE id = $1 FOR UPDATE', [importId])
    return async () => holder.end()
  }
  const waitUntilHeld = async (count: number) =>
    waitUntil(`${count} preparations are held`, async () => {
      const held = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database()
        AND wait_event_type = 'Lock' AND query LIKE 'UPDATE%import%to_prepare%'`
      return (await queryOnce<{ n: number }>(ownerUrl, held))[0]?.n === count
    })

  // Without a worker, so that they are held before it begins with them.
  await system.worker.kill('SIGKILL')
  const long = [await retry(first), await retry(second)] as const
  const releases = [await hold(long[0]), await hold(long[1])] as const
  await system.startWorker()
  await waitUntilHeld(2)
  const { jobId } = await client.upload({ ...SHOP_FIELDS, file: `${SHOP_HEADER}${shopRows(1, SMALL_ROWS)}` })
  expect((await client.waitUntilFinished(jobId)).counts).toMatchObject({ rows: SMALL_ROWS, inserted: SMALL_ROWS })
  await waitUntilHeld(2)

  await releases[0]()
  expect(await client.waitUntilFinished(long[0])).toMatchObject({ status: 'completed' })
  expect(await client.waitUntilFinished(await retry(third))).toMatchObject({ status: 'completed' })
  await waitUntilHeld(1)

  await releases[1]()
  expect(await client.waitUntilFinished(long[1])).toMatchObject({ status: 'completed' })
  await system.stop()
})
