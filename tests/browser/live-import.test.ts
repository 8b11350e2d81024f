import { afterAll, beforeAll, expect, test } from 'vitest'

import { blockCoupon } from '../support/obstacle.ts'
import { HEADER, openDashboard, openPage, row, SERIES, signIn, type Dashboard } from './open-dashboard.ts'

/** More than a batch for each of the worker's partitions. */
const REJECTED = 9_000
const SLOW_BYTES_PER_SECOND = 50_000
const LARGE_BYTES = 4_000_000

let dashboard: Dashboard

beforeAll(async () => {
  dashboard = await openDashboard(106)
})
afterAll(async () => dashboard.close())

const csv = (name: string, text: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })

test('an import is watched live, cancelled and resumed without a reload', async () => {
  // Its last row waits for another transaction, so that everybody has the time to look.
  const obstacle = await blockCoupon(dashboard.ownerUrl, '40/1/17/1603263535000', dashboard.orgId)
  const rejected = Array.from({ length: REJECTED }, (_none, at) => row(`NOSUCH-${at}`)).join('')
  const { page, context, complaints } = await openPage(dashboard, { address: `/imports/new?seriesId=${SERIES}` })
  await signIn(page, dashboard.adminKey)
  await page.getByLabel('CSV or Excel file').setInputFiles(csv('live.csv', HEADER + rejected + row('SPRING-40')))
  await page.getByRole('button', { name: 'Start import', disabled: false }).click()
  await page.waitForURL(/\/imports\/\d+$/)
  await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }))
  await obstacle.waitUntilMet()

  const progress = page.getByRole('progressbar', { name: 'Progress' })
  await page.waitForFunction(() => {
    const bar = document.querySelector('[role=progressbar][aria-label=Progress]')
    return Number(bar?.getAttribute('aria-valuenow') ?? 0) > 50
  })
  expect(Number(await progress.getAttribute('aria-valuenow'))).toBeLessThan(100)
  await page.getByText('Processing', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Cancel', exact: true }).click()
  await page.getByText('Cancelled', { exact: true }).first().waitFor()
  await obstacle.remove()
  await page.getByRole('button', { name: 'Resume', exact: true }).click()
  await page.getByText('Some rows rejected').waitFor()
  expect(await progress.getAttribute('aria-valuenow')).toBe('100')
  expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true)
  const importId = Number(new URL(page.url()).pathname.split('/').at(-1))
  expect(await dashboard.client.readImport(importId)).toMatchObject({
    status: 'completed',
    counts: { rows: REJECTED + 1, inserted: 1, duplicates: 0, rejected: REJECTED },
  })
  for (const kind of ['Uploaded', 'Cancelled', 'Resumed', 'Completed']) {
    await page.getByRole('region', { name: 'What happened' }).getByText(kind).first().waitFor()
  }
  expect(complaints).toEqual([])
  await context.close()
})

test('an upload shows how far it is, and is cancelled; nothing of it is imported', async () => {
  const { page, context, complaints } = await openPage(dashboard, { address: `/imports/new?seriesId=${SERIES}` })
  await signIn(page, dashboard.adminKey)
  const line = row('SPRING-50')
  const text = HEADER + line.repeat(Math.ceil(LARGE_BYTES / line.length))
  await page.getByLabel('CSV or Excel file').setInputFiles(csv('slow.csv', text))
  const start = page.getByRole('button', { name: 'Start import', disabled: false })
  await start.waitFor()
  const network = await context.newCDPSession(page)
  const throttle = async (uploadThroughput: number): Promise<unknown> =>
    network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput,
    })
  await network.send('Network.enable')
  await throttle(SLOW_BYTES_PER_SECOND)
  await start.click()
  await page.waitForFunction(() => {
    const bar = document.querySelector('[role=progressbar][aria-label=Upload]')
    const percent = Number(bar?.getAttribute('aria-valuenow') ?? 0)
    return percent > 0 && percent < 100
  })
  await page.getByText(/ of .+ sent$/).waitFor()
  await page.getByRole('button', { name: 'Cancel upload' }).click()
  await page.getByRole('progressbar', { name: 'Upload' }).waitFor({ state: 'detached' })
  expect(await page.getByRole('alert').count()).toBe(0)

  // The same file can be sent at once; only that is an import.
  await throttle(-1)
  await page.getByRole('button', { name: 'Start import', disabled: false }).click()
  await page.waitForURL(/\/imports\/\d+$/)
  const importId = Number(new URL(page.url()).pathname.split('/').at(-1))
  await dashboard.client.waitUntilFinished(importId)
  await page.goto(`${dashboard.url}/imports?q=slow`)
  await page.getByRole('link', { name: 'slow.csv' }).waitFor()
  expect(await page.getByRole('link', { name: 'slow.csv' }).count()).toBe(1)
  expect(complaints).toEqual([])
  await context.close()
})
