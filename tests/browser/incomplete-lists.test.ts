/** What the page may say of lists that were not loaded, or not to their end, and how it goes through their pages. */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { openDashboard, openPage, signIn, type Dashboard } from './open-dashboard.ts'

let dashboard: Dashboard
beforeAll(async () => {
  dashboard = await openDashboard(9_641)
})
afterAll(async () => dashboard?.close())

const NOTHING = 'Nothing needs you.'

test('that nothing needs somebody is said where all was looked at', async () => {
  const { page, context } = await openPage(dashboard, { address: '/' })
  await signIn(page, dashboard.adminKey)
  await page.getByText(NOTHING).waitFor()
  await context.close()
})

test.each([
  ['failed imports', /\/v1\/imports\?.*status=failed/],
  ['imports with rejected rows', /\/v1\/imports\?.*outcome=partial/],
  ['running imports', /\/v1\/imports\?.*status=processing/],
  ['webhook endpoints', /\/v1\/webhook-endpoints/],
])('it is not said while the list of %s is loading, cannot be loaded or goes on', async (_name, address) => {
  const { page, context } = await openPage(dashboard, { address: '/sign-in' })
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let answer: { readonly status: number; readonly body: string } = {
    status: 500,
    body: '{"code":"INTERNAL_ERROR","detail":"no"}',
  }
  await page.route(address, async (route) => {
    await held
    await route.fulfill({ contentType: 'application/json', ...answer })
  })
  await signIn(page, dashboard.adminKey)
  await page.goto(`${dashboard.url}/`)
  await page.getByText('Loading what needs somebody…').waitFor()
  expect(await page.getByText(NOTHING).count()).toBe(0)
  release()
  await page.getByRole('alert').first().waitFor()
  expect(await page.getByText(NOTHING).count()).toBe(0)
  answer = { status: 200, body: '{"items":[],"nextCursor":"7"}' }
  await page.reload()
  await page.getByText('not looked at here').waitFor()
  expect(await page.getByText(NOTHING).count()).toBe(0)
  await context.close()
})

test('Newer is the page before, also on an address that was opened as a link, and off where that is not known', async () => {
  const { page, context } = await openPage(dashboard, { address: '/sign-in' })
  await page.route(/\/v1\/imports\?/, async (route) => {
    const cursor = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 900)
    await route.fulfill({
      contentType: 'application/json',
      body: JSON.stringify({ items: [], nextCursor: String(cursor - 100) }),
    })
  })
  await signIn(page, dashboard.adminKey)
  await page.goto(`${dashboard.url}/imports`)
  const older = page.getByRole('button', { name: 'Older' })
  for (const before of ['800', '700']) {
    await older.click()
    await page.waitForURL((url) => url.searchParams.get('before') === before)
  }
  const link = page.url()
  await page.goto(`${dashboard.url}/reference`)
  await page.goto(link)
  const newer = page.getByRole('button', { name: 'Newer' })
  for (const before of ['800', null]) {
    await newer.click()
    await page.waitForURL((url) => url.pathname === '/imports' && url.searchParams.get('before') === before)
  }
  await page.goto(`${dashboard.url}/imports?before=700`)
  await newer.waitFor()
  expect(await newer.isDisabled()).toBe(true)
  await context.close()
})
