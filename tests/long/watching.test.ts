/** What somebody sees who watches an import: by polling, and by events from any intake process. */
import { chooseFreePort } from '@importer/embedded-postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startApp, type AppProcess } from '../support/app-process.ts'
import { openEvents, readToEnd, type ServerEvent } from '../support/import-events.ts'
import type { ImportView } from '@importer/client'
import { startSystem, TEST_KEY, type RunningSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRow, shopRows } from '../support/small-shop.ts'

const TIMEOUT_MS = 120_000
const COUPONS = 40_000
const POLL_MS = 5

let system: RunningSystem
let nextCoupon = 1

beforeAll(async () => {
  system = await startSystem({ partitions: 2, batchRows: 100 })
  await openShop(system.client, COUPONS)
})
afterAll(async () => system.stop())

function takeRows(count: number): string {
  const first = nextCoupon
  nextCoupon += count
  return shopRows(first, nextCoupon - 1)
}

async function requestAction(importId: number, action: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${system.port}/v1/imports/${importId}/${action}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${TEST_KEY}` },
  })
  await response.text()
  return response.status
}

/** Another intake process over the same database and folder. */
async function startSecondIntake(): Promise<{ app: AppProcess; port: number }> {
  const port = await chooseFreePort()
  const env = { DATABASE_URL: system.databaseUrl, DATA_DIR: system.dataDir, PORT: String(port) }
  return { app: await startApp('intake', { env }), port }
}

function addressOf(port: number): string {
  return `http://127.0.0.1:${port}`
}

/** What holds of every two looks at an import, the later one second. */
function expectNoStepBack(before: ImportView, after: ImportView): void {
  for (const { counts } of [before, after]) {
    expect(counts.rows).toBe(counts.inserted + counts.duplicates + counts.rejected)
  }
  expect(after.progress.percent).toBeGreaterThanOrEqual(before.progress.percent)
  expect(after.progress.rowsRead).toBeGreaterThanOrEqual(before.progress.rowsRead)
  for (const count of ['rows', 'inserted', 'duplicates', 'rejected'] as const) {
    expect(after.counts[count]).toBeGreaterThanOrEqual(before.counts[count])
  }
}

/** Polls until the import has that status, and gives every look. */
async function pollUntil(importId: number, status: ImportView['status']): Promise<ImportView[]> {
  const looks: ImportView[] = []
  await expect
    .poll(
      async () => {
        const view = await system.client.readImport(importId)
        looks.push(view)
        return view.status
      },
      { interval: POLL_MS, timeout: TIMEOUT_MS },
    )
    .toBe(status)
  return looks
}

it(
  'shows progress that never goes back, and counts that add up, through a run, a stop and a revert',
  async () => {
    const wrong = Array.from({ length: 500 }, (_, n) => `${shopRow(COUPONS + n + 1)}\n`).join('')
    const rows = takeRows(30_000)
    const file = SHOP_HEADER + wrong + rows + rows.slice(0, rows.indexOf('\n') + 1) + wrong
    const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file })
    const looks = await pollUntil(jobId, 'processing')
    await requestAction(jobId, 'cancel')
    looks.push(...(await pollUntil(jobId, 'cancelled')))
    expect(await requestAction(jobId, 'resume')).toBe(202)
    looks.push(...(await pollUntil(jobId, 'completed')))
    expect(await requestAction(jobId, 'revert')).toBe(202)
    looks.push(...(await pollUntil(jobId, 'reverted')))

    for (const [index, look] of looks.entries()) expectNoStepBack(looks[index - 1] ?? look, look)
    const counts = { rows: 31_001, inserted: 30_000, duplicates: 1, rejected: 1_000 }
    const progress = { percent: 100, etaSeconds: 0, rowsRead: 31_001 }
    expect(looks.at(-1)).toMatchObject({ status: 'reverted', counts, progress })
    expect(looks.find(({ status }) => status === 'completed')).toMatchObject({ counts, progress })
  },
  TIMEOUT_MS,
)

it(
  'sends events from any intake process, and goes on for whoever comes back after a restart',
  async () => {
    const second = await startSecondIntake()
    await system.worker.kill('SIGKILL')
    // Uploaded by the first process, watched at both.
    const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: takeRows(2_000) })
    const [atFirst, atSecond] = await Promise.all([
      openEvents(addressOf(system.port), jobId),
      openEvents(addressOf(second.port), jobId),
    ])
    const heard = (await atFirst.events.next()).value as ServerEvent
    expect(heard).toMatchObject({ event: 'progress', view: { id: jobId, status: 'queued' } })
    expect((await atSecond.events.next()).value).toMatchObject({ id: heard.id, event: 'progress' })

    // The first one is gone in the middle: its watcher comes back with what it heard last.
    await system.intake.kill('SIGKILL')
    expect((await readToEnd(atFirst.events)).every(({ event }) => event === 'progress')).toBe(true)
    await system.startIntake()
    const again = await openEvents(addressOf(system.port), jobId, heard.id)
    expect((await again.events.next()).value).toMatchObject({ event: 'progress', view: { status: 'queued' } })

    await system.startWorker()
    const ends = (await Promise.all([again, atSecond].map(async ({ events }) => readToEnd(events)))).map((all) =>
      all.at(-1),
    )
    for (const end of ends) {
      expect(end).toMatchObject({ event: 'end', view: { status: 'completed', counts: { inserted: 2_000 } } })
    }
    // Whoever has heard the end learns from every process that there is nothing more.
    for (const port of [system.port, second.port]) {
      expect((await openEvents(addressOf(port), jobId, ends[0]?.id)).status).toBe(204)
    }
    await second.app.kill('SIGTERM')
  },
  TIMEOUT_MS,
)
