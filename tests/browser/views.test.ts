import { gzipSync } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  findFaults,
  HEADER,
  importFile,
  keepScreenshot,
  loadShop,
  openPage,
  row,
  signIn,
  startDashboard,
  type Dashboard,
} from './open-dashboard.ts'

const MOST_FIRST_LOAD_BYTES = 250_000
const HOSTILE = '<img src=x onerror="globalThis.attacked=1"><script>globalThis.attacked=1</script>'

let dashboard: Dashboard
let importId: number
let hostileId: number

beforeAll(async () => {
  dashboard = await startDashboard()
  await loadShop(dashboard)
  importId = await importFile(dashboard, HEADER + row('SPRING-1') + row('SPRING-2', '99') + row('NOSUCH'))
  const cells = [`"${HOSTILE.replaceAll('"', '""')}"`, '\u202egnp.exe\u200b', '=1+1', 'x'.repeat(10_000)]
  hostileId = await importFile(
    dashboard,
    `"${HOSTILE.replaceAll('"', '""')}",Till,Mobile,Coupon\n${cells.map((cell) => row(cell, cell)).join('')}`,
    `${HOSTILE}.csv`,
  )
})
afterAll(async () => dashboard.stop())

/** Each view with what is there once it is complete. */
const views = (): readonly (readonly [string, string, string])[] => [
  ['start', '/', 'Start'],
  ['imports', '/imports', 'Imports'],
  ['new-import', '/imports/new', 'New import'],
  ['import', `/imports/${importId}`, 'tills'],
  ['row', `/imports/${importId}/rows/2`, 'Row 2'],
  ['redemptions', `/redemptions?couponCode=SPRING-1&seriesId=953234`, 'Redemptions'],
  ['reference', '/reference?kind=tills&id=17', 'Reference data'],
  ['profiles', '/profiles', 'Profiles'],
  ['webhooks', '/webhooks', 'Webhooks'],
  ['keys', '/keys', 'API keys'],
]

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  test('axe finds nothing serious in any view, and none is wider than its window at 360 and 1,920 px', async () => {
    // axe itself is injected, which the page's policy would refuse.
    const { page, context } = await openPage(dashboard, { bypassCSP: true, colorScheme })
    await page.getByLabel('API key').waitFor()
    const faults: Record<string, unknown> = { 'sign-in': await findFaults(page) }
    await keepScreenshot(page, `sign-in-1280-${colorScheme}`)
    await signIn(page)
    for (const [name, address, title] of views()) {
      await page.goto(`${dashboard.url}${address}`)
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
      await page
        .getByText(/^Loading /)
        .first()
        .waitFor({ state: 'detached' })
      faults[name] = await findFaults(page)
      for (const width of [360, 1_920]) {
        await page.setViewportSize({ width, height: 900 })
        await keepScreenshot(page, `${name}-${width}-${colorScheme}`)
        const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        faults[`${name}, wider than ${width}`] = excess > 0 ? excess : []
      }
      await page.setViewportSize({ width: 1_280, height: 900 })
    }
    expect(Object.entries(faults).filter(([, found]) => !(Array.isArray(found) && found.length === 0))).toEqual([])
    await context.close()
  })
})

test('what a file says is only ever text', async () => {
  const { page, complaints } = await openPage(dashboard, { address: '/' })
  await signIn(page)
  const addresses = [
    '/',
    '/imports',
    `/imports/${hostileId}`,
    ...[1, 2, 3, 4].map((one) => `/imports/${hostileId}/rows/${one}`),
  ]
  for (const address of addresses) {
    await page.goto(`${dashboard.url}${address}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page
      .getByText(/^Loading /)
      .first()
      .waitFor({ state: 'detached' })
    const found = await page.evaluate(() => ({
      attacked: 'attacked' in globalThis,
      images: [...document.querySelectorAll('img')].map((image) => image.getAttribute('src')),
      scripts: document.querySelectorAll('body script').length,
    }))
    expect([address, found.attacked, found.scripts, new Set(found.images)]).toEqual([
      address,
      false,
      0,
      new Set(['/favicon.svg']),
    ])
  }
  await page.goto(`${dashboard.url}/imports/${hostileId}/rows/1`)
  await page.getByText(HOSTILE).first().waitFor()
  expect(complaints).toEqual([])
  await page.context().close()
})

test('the first load is small', async () => {
  const { page, context } = await openPage(dashboard)
  await page.getByLabel('API key').waitFor()
  const names = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => name)
      .filter((name) => name.endsWith('.js')),
  )
  expect(names.length).toBeGreaterThan(0)
  const sizes = await Promise.all(
    names.map(async (name) => gzipSync(Buffer.from(await (await fetch(name)).arrayBuffer())).length),
  )
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_FIRST_LOAD_BYTES)
  await context.close()
})

test('with Live updates off nothing is asked for, also when the window gets the focus', async () => {
  const { page, context } = await openPage(dashboard, { address: `/imports/${importId}` })
  await signIn(page)
  await page.getByRole('table', { name: 'Rejected rows' }).getByRole('row').nth(1).waitFor()
  // While it is on, the page asks by itself.
  await page.waitForRequest(/\/v1\/imports\/\d+$/)
  await page.getByRole('switch', { name: 'Live updates' }).click()
  await page.getByText(/^As of \d+ s ago/).waitFor()
  const requests: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  await page.evaluate(() => {
    window.dispatchEvent(new Event('focus'))
    document.dispatchEvent(new Event('visibilitychange'))
    window.dispatchEvent(new Event('online'))
  })
  // Longer than any interval at which the page asks while it is live.
  await page.getByText(/^As of ([7-9]|\d{2}) s ago/).waitFor()
  expect(requests).toEqual([])
  await page.getByRole('button', { name: 'Refresh' }).click()
  await page.getByText(/^As of [0-3] s ago/).waitFor()
  expect(requests.length).toBeGreaterThan(0)
  await context.close()
})

test('no key is kept in the browser', async () => {
  const { page, context } = await openPage(dashboard)
  await signIn(page, dashboard.readKey)
  const kept = await page.evaluate(() =>
    JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie]),
  )
  expect(kept).not.toContain(dashboard.readKey)
  const [cookie] = await context.cookies()
  expect(cookie).toMatchObject({ name: 'redemptions_session', httpOnly: true, sameSite: 'Strict' })
  expect(cookie?.value).not.toContain(dashboard.readKey)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('API key').waitFor()
  expect(await context.cookies()).toEqual([])
  await context.close()
})
