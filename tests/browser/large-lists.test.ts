/** Lists of a size that no page may hold at once: what scrolling and filtering keep the page's own thread busy for. */
import type { Page } from 'playwright-core'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { HEADER, importFile, openPage, SERIES, signIn, openDashboard, type Dashboard } from './open-dashboard.ts'

const IMPORTS = 10_000
const REJECTED = 100_000
const MOST_BUSY_MS = 100

let dashboard: Dashboard
let largeId: number

beforeAll(async () => {
  dashboard = await openDashboard(102)
  const rows = Array.from({ length: REJECTED }, (_none, at) => `1603263535000,17,491510000,NOSUCH-${at}\n`)
  largeId = await importFile(dashboard, HEADER + rows.join(''), 'large.csv')
  await makeImports()
})
afterAll(async () => dashboard.close())

/** As if as many files had been uploaded, day after day. */
async function makeImports(): Promise<void> {
  const sql = new Client(dashboard.ownerUrl)
  await sql.connect()
  await sql.query(
    `INSERT INTO import (org_id, series_id, status, file_key, file_name, bytes, sha256, mapping, total_rows, has_header,
                         delimiter, started_at, finished_at, created_at)
     SELECT $1, $2, 'completed', 'nightly/' || n, 'night-' || n || '.csv', 1000, repeat('0', 64),
            (SELECT mapping FROM import WHERE id = $3), 0, true, ',', at, at, at
     FROM generate_series(1, $4::int) n, LATERAL (SELECT now() - n * interval '1 hour' AS at) times`,
    [dashboard.orgId, SERIES, largeId, IMPORTS],
  )
  await sql.end()
}

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** Microseconds of the thread's own time, and of the clock. */
  readonly tdur?: number
  readonly dur?: number
  readonly args?: { readonly name?: string }
}

/**
 * The longest that one task kept the page's main thread busy, in milliseconds of that thread's own processor time: what
 * else the machine does is not counted. Beside it what the page itself saw by the clock, for whoever looks.
 */
async function measureBusy(page: Page, use: () => Promise<void>): Promise<{ busyMs: number; seenMs: number }> {
  await page.evaluate(() => {
    const seen: number[] = []
    Object.assign(globalThis, { seen })
    new PerformanceObserver((list) => seen.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: 'longtask',
    })
  })
  await dashboard.browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', '__metadata'] })
  let recorded: Buffer
  try {
    await use()
  } finally {
    recorded = await dashboard.browser.stopTracing()
  }
  const trace = JSON.parse(recorded.toString('utf8')) as { traceEvents: TraceEvent[] }
  const main = new Set(
    trace.traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  )
  const tasks = trace.traceEvents.filter(({ name, pid, tid }) => name.endsWith('RunTask') && main.has(`${pid}/${tid}`))
  expect(tasks.length).toBeGreaterThan(0)
  const seenMs = await page.evaluate(() => Math.max(0, ...(globalThis as unknown as { seen: number[] }).seen))
  return { busyMs: Math.max(...tasks.map(({ tdur, dur }) => tdur ?? dur ?? 0)) / 1_000, seenMs }
}

test('a table of 100,000 rejected rows is scrolled and filtered without a pause', async () => {
  const { page, context } = await openPage(dashboard, { address: `/imports/${largeId}` })
  await signIn(page, dashboard.adminKey)
  const frame = page.getByRole('region', { name: 'Rejected rows', exact: true }).last()
  await frame.getByRole('row').nth(1).waitFor()
  const measured = await measureBusy(page, async () => {
    await frame.hover()
    for (let step = 0; step < 40; step += 1) {
      await page.mouse.wheel(0, 20_000)
      // What comes next is loaded as one comes near it.
      await page.waitForFunction(
        (element) => element !== null && element.scrollHeight - element.scrollTop - element.clientHeight > 2_000,
        await frame.elementHandle(),
      )
    }
    await page.getByLabel('From row').fill('99000')
    await frame.getByText('99,000', { exact: true }).waitFor()
  })
  console.log(`rejected rows: busy for ${measured.busyMs.toFixed(1)} ms at most, ${measured.seenMs} ms by the clock`)
  expect(measured.busyMs).toBeLessThan(MOST_BUSY_MS)
  await context.close()
})

test('a list of 10,000 imports is paged, searched and filtered without a pause', async () => {
  const { page, context } = await openPage(dashboard, { address: '/imports' })
  await signIn(page, dashboard.adminKey)
  const table = page.getByRole('region', { name: 'Imports', exact: true })
  await table.getByRole('row').nth(50).waitFor()
  const measured = await measureBusy(page, async () => {
    for (let step = 0; step < 5; step += 1) {
      await page.mouse.wheel(0, 30_000)
      const url = page.url()
      await page.getByRole('button', { name: 'Older' }).click()
      await page.waitForFunction((before) => location.href !== before, url)
      await table.getByRole('row').nth(50).waitFor()
    }
    await page.getByLabel('Search').fill('night-9999')
    await table.getByRole('link', { name: 'night-9999.csv' }).waitFor()
    await page.getByLabel('Status').selectOption('failed')
    await page.getByText('No import matches these filters.').waitFor()
  })
  console.log(`imports: busy for ${measured.busyMs.toFixed(1)} ms at most, ${measured.seenMs} ms by the clock`)
  expect(measured.busyMs).toBeLessThan(MOST_BUSY_MS)
  await context.close()
})
