/** Whatever waits for a worker says so where none runs, whichever job it waits for, and goes on once one does. */
import type { ImportView } from '@importer/client'
import { expect, it } from 'vitest'

import { makeWorkbook, type MadeCell } from '../support/make-workbook.ts'
import { startSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRow, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'
import { waitForDelay } from './wait-for-delay.ts'

/** Too large for intake to make its text while the client waits. */
const WORKBOOK_ROWS = 30_000
const UNKNOWN_COUPON = 99_999

it('an upload, a workbook, a retry, a resumed import and a revert', async () => {
  const system = await startSystem()
  const { client } = system
  await openShop(client, 100)
  const upload = async (file: string | Uint8Array): Promise<number> =>
    (await client.upload({ ...SHOP_FIELDS, file })).jobId
  const act = async (importId: number, action: string): Promise<ImportView> => {
    const answer = await client.send('POST', `/v1/imports/${importId}/${action}`, '{}')
    expect(answer.ok).toBe(true)
    return (await answer.json()) as ImportView
  }
  const rejecting = await upload(`${SHOP_HEADER}${shopRows(1, 10)}${shopRow(UNKNOWN_COUPON)}\n`)
  const toRevert = await upload(SHOP_HEADER + shopRows(11, 20))
  for (const id of [rejecting, toRevert]) await client.waitUntilFinished(id)

  await system.worker.kill('SIGKILL')
  const uploaded = await upload(SHOP_HEADER + shopRows(21, 30))
  const resumed = await upload(SHOP_HEADER + shopRows(31, 40))
  await act(resumed, 'cancel')
  await act(resumed, 'resume')
  const row = shopRow(UNKNOWN_COUPON)
    .split(',')
    .map((cell, n): MadeCell => (n === 3 ? cell : Number(cell)))
  const rows = [SHOP_HEADER.trim().split(','), ...Array.from({ length: WORKBOOK_ROWS }, () => row)]
  const workbook = await upload(new Uint8Array(await makeWorkbook({ sheets: [{ name: 'A', rows }] })))
  const { id: retried } = await act(rejecting, 'retry-rejected')
  await act(toRevert, 'revert')

  const waiting = { uploaded, resumed, workbook, retried, toRevert }
  const shown = await Promise.all(
    Object.values(waiting).map(async (importId) => waitForDelay(client, importId, 'NO_WORKER')),
  )
  expect(shown.map(({ status }) => status)).toEqual(['queued', 'queued', 'queued', 'queued', 'completed'])
  for (const { delay, updatedAt } of shown) expect(delay?.since).toBe(updatedAt)

  await system.startWorker()
  for (const importId of [uploaded, resumed, workbook, retried]) {
    expect(await client.waitUntilFinished(importId)).toMatchObject({ status: 'completed', delay: null })
  }
  const reverted = await waitUntil('it was reverted', async () => {
    const view = await client.readImport(toRevert)
    return view.status === 'reverted' ? view : null
  })
  expect(reverted.delay).toBeNull()
  await system.stop()
})
