/** All works where a superuser has closed row security to connections that name no organization, as docs/operations.md says. */
import type { ImportView } from '@importer/client'
import { expect, test } from 'vitest'

import { startReceiver } from '../../packages/webhooks/test/start-receiver.ts'
import { afterFile } from '../support/after-file.ts'
import { blockCoupon } from '../support/obstacle.ts'
import { queryOnce } from '../support/query-once.ts'
import { listQueueBackends, startQueueServer } from '../support/redis-server.ts'
import { startSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRedemption, shopRow, shopRows } from '../support/small-shop.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { waitUntil } from '../support/wait-until.ts'

const ROWS = 300
const UNKNOWN_COUPON = 9_999

test.each(listQueueBackends())(
  'with the queue in %s and row security closed an import is cancelled, resumed, completed, tried again and reverted, and its webhooks come',
  async (queue) => {
    const database = await createTestDatabase()
    const { username: role, pathname } = new URL(database.url)
    // Of this database alone: other tests have the same role.
    await queryOnce(
      database.ownerUrl,
      `ALTER ROLE "${role}" IN DATABASE "${pathname.slice(1)}" SET importer.org_id = 'none'`,
    )
    const receiver = await startReceiver()
    afterFile(async () => receiver.stop())
    const { client } = await startSystem({
      database,
      redisUrl: await startQueueServer(queue),
      env: { WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' },
    })
    await openShop(client, ROWS)
    const act = async (importId: number, action: string): Promise<ImportView> => {
      const answer = await client.send('POST', `/v1/imports/${importId}/${action}`, '{}')
      expect(answer.ok, action).toBe(true)
      return (await answer.json()) as ImportView
    }
    const form = new FormData()
    const { seriesId, ...fields } = SHOP_FIELDS
    for (const [name, value] of Object.entries({ ...fields, callbackUrl: receiver.url })) form.append(name, value)
    form.append('file', new Blob([`${SHOP_HEADER}${shopRows(1, ROWS)}${shopRow(UNKNOWN_COUPON)}\n`]), 'coupons.csv')

    const obstacle = await blockCoupon(database.ownerUrl, shopRedemption(ROWS))
    const { id } = (await (await client.send('POST', `/v1/series/${seriesId}/imports`, form)).json()) as ImportView
    await obstacle.waitUntilMet()
    await act(id, 'cancel')
    await obstacle.remove()
    await act(id, 'resume')
    const counts = { rows: ROWS + 1, inserted: ROWS, rejected: 1 }
    expect(await client.waitUntilFinished(id)).toMatchObject({ status: 'completed', counts })
    const retry = await act(id, 'retry-rejected')
    expect(await client.waitUntilFinished(retry.id)).toMatchObject({ status: 'completed', counts: { rejected: 1 } })
    await act(id, 'revert')
    await waitUntil('it was reverted', async () => (await client.readImport(id)).status === 'reverted')
    await waitUntil('its webhooks have come', () => {
      const types = receiver.received.map(({ body }) => (JSON.parse(body) as { type: string }).type)
      return ['import.cancelled', 'import.completed', 'import.reverted'].every((type) => types.includes(type))
    })

    // It was closed all the while: a connection that names no organization sees nothing of all this.
    expect(await queryOnce(database.url, 'SELECT count(*)::int AS seen FROM import')).toEqual([{ seen: 0 }])
  },
)
