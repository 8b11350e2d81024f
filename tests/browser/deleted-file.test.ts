/** What the page offers of an import whose file and reports were deleted: nothing that needs them. */
import { afterAll, beforeAll, expect, test } from 'vitest'

import {
  findFaults,
  HEADER,
  importFile,
  keepScreenshot,
  openDashboard,
  openPage,
  row,
  signIn,
} from './open-dashboard.ts'
import type { Dashboard } from './open-dashboard.ts'
import { queryOnce } from '../support/query-once.ts'

let dashboard: Dashboard
beforeAll(async () => {
  dashboard = await openDashboard(9_642)
})
afterAll(async () => dashboard?.close())

test('its downloads, retry, corrections and rows are gone, and it says why', async () => {
  const id = await importFile(dashboard, HEADER + row('SPRING-1') + row('SPRING-2', '99'), 'deleted.csv')
  const { page, context, complaints } = await openPage(dashboard, { address: `/imports/${id}` })
  await signIn(page, dashboard.adminKey)
  await page.getByRole('table', { name: 'Rejected rows' }).waitFor()
  expect(await page.getByRole('link', { name: 'Rejected rows, Excel' }).count()).toBe(1)
  await page.getByRole('button', { name: 'Delete file' }).click()
  await page.getByRole('button', { name: 'Delete the file and 1 rejected row' }).click()
  await page.getByText('File and reports were deleted on').waitFor()
  for (const name of ['Retry rejected rows', 'Resume', 'Delete file', 'Correct', 'Leave out']) {
    expect(await page.getByRole('button', { name }).count(), name).toBe(0)
  }
  expect(await page.getByRole('link', { name: 'Rejected rows, Excel' }).count()).toBe(0)
  expect(await page.getByRole('link', { name: 'The upload itself' }).count()).toBe(0)
  // What needs no file is still there.
  expect(await page.getByRole('button', { name: 'Revert', exact: true }).count()).toBe(1)
  expect(await findFaults(page)).toEqual([])
  for (const width of [360, 1_280]) {
    await page.setViewportSize({ width, height: 900 })
    await keepScreenshot(page, `deleted-file-${width}`)
  }
  expect(complaints).toEqual([])
  await context.close()
})

test('it notices while it is open that the file goes, behind a timeline that is longer than what it shows', async () => {
  const id = await importFile(dashboard, HEADER + row('SPRING-3') + row('SPRING-4', '99'), 'aged.csv')
  await queryOnce(
    dashboard.ownerUrl,
    `INSERT INTO audit_event (org_id, import_id, kind, actor_type, actor_name, detail)
     SELECT org_id, id, 'taken-over', 'worker', 'worker', '{}' FROM import, generate_series(1, 250) WHERE id = ${id}`,
  )
  const { page, context, complaints } = await openPage(dashboard, { address: `/imports/${id}` })
  await signIn(page, dashboard.adminKey)
  await page.getByRole('link', { name: 'Rejected rows, Excel' }).waitFor()
  const deleted = await fetch(`${dashboard.url}/v1/imports/${id}`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${dashboard.adminKey}` },
  })
  expect(deleted.status).toBe(204)
  await page.getByText('File and reports were deleted on').waitFor()
  expect(await page.getByRole('button', { name: 'Retry rejected rows' }).count()).toBe(0)
  expect(await page.getByRole('link', { name: 'Rejected rows, Excel' }).count()).toBe(0)
  await page.reload()
  await page.getByText('File and reports were deleted on').waitFor()
  expect(complaints).toEqual([])
  await context.close()
})
