import { gzipSync } from 'node:zlib'

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import {
  findFaults,
  HEADER,
  importFile,
  keepScreenshot,
  openPage,
  row,
  SERIES,
  signIn,
  openDashboard,
  type Dashboard,
} from './open-dashboard.ts'

const MOST_FIRST_LOAD_BYTES = 250_000
const HOSTILE = '<img src=x onerror="globalThis.attacked=1"><script>globalThis.attacked=1</script>'

let dashboard: Dashboard
let importId: number
let hostileId: number

beforeAll(async () => {
  dashboard = await openDashboard(105)
  await importFile(dashboard, HEADER + row('SPRING-9'), 'yesterday.csv')
  importId = await importFile(
    dashboard,
    HEADER + row('SPRING-1') + row('SPRING-2', '99') + row('NOSUCH') + row('SPRING-9', '18'),
  )
  hostileId = await importFile(dashboard, makeHostileFile(), `${HOSTILE}.csv`)
  await makeHostileNames()
})
afterAll(async () => dashboard.close())

function makeHostileFile(): string {
  const quoted = `"${HOSTILE.replaceAll('"', '""')}"`
  const cells = [quoted, '\u202egnp.exe\u200b', '=1+1', 'x'.repeat(10_000)]
  return `${quoted},Till,Mobile,Coupon\n${cells.map((cell) => row(cell, cell)).join('')}`
}

/** Names of everything that has one. */
async function makeHostileNames(): Promise<void> {
  const { client } = dashboard
  const name = `"${HOSTILE.replaceAll('"', '""')}"`
  await client.putReference('series', `id,name\n666,${name}\n`)
  await client.putReference('tills', `id,name\n666,${name}\n`)
  await post('/v1/api-keys', { role: 'read', name: HOSTILE.slice(0, 100) })
  await post('/v1/webhook-endpoints', { url: `${dashboard.url}/hook?x=<b>`, description: HOSTILE })
}

async function post(address: string, body: object): Promise<void> {
  const answer = await fetch(`${dashboard.url}${address}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${dashboard.adminKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(201)
}

async function goTo(page: Page, address: string): Promise<void> {
  await page.goto(`${dashboard.url}${address}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page
    .getByText(/^Loading /)
    .first()
    .waitFor({ state: 'detached' })
}

async function chooseFile(page: Page, name: string, content: string): Promise<void> {
  const file = { name, mimeType: 'text/csv', buffer: Buffer.from(content) }
  await page.getByLabel('CSV or Excel file').setInputFiles(file)
  await page.getByRole('region', { name: 'First rows of the file' }).waitFor()
}

/** A view: where it is, what its heading says, and what is done there before it is looked at. */
interface View {
  readonly name: string
  readonly address: string
  readonly title: string
  readonly prepare?: (page: Page) => Promise<void>
}

const views = (): readonly View[] => [
  { name: 'start', address: '/', title: 'Start' },
  { name: 'imports', address: '/imports', title: 'Imports' },
  { name: 'imports-none', address: '/imports?q=nosuch', title: 'Imports' },
  { name: 'new-import', address: '/imports/new', title: 'New import' },
  {
    name: 'new-import-file',
    address: `/imports/new?seriesId=${SERIES}`,
    title: 'New import',
    prepare: async (page) => {
      const rows = row('SPRING-5') + row('SPRING-6', '99') + row('NOSUCH')
      await chooseFile(page, 'night.csv', HEADER.replace('Till', 'Counter') + rows)
      await page.getByLabel('Meaning of column 2, Counter').selectOption('redeemedAt')
      await page.getByText('2 of the first 3 rows would be rejected').waitFor()
    },
  },
  { name: 'import', address: `/imports/${importId}`, title: 'tills' },
  { name: 'import-by-value', address: `/imports/${importId}?by=value`, title: 'tills' },
  {
    name: 'import-correct',
    address: `/imports/${importId}`,
    title: 'tills',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Correct', exact: true }).last().click()
      await page.getByLabel('New value').waitFor()
    },
  },
  { name: 'import-of-errors', address: `/imports/${hostileId}`, title: 'script>' },
  { name: 'row', address: `/imports/${importId}/rows/2`, title: 'Row 2' },
  { name: 'row-used', address: `/imports/${importId}/rows/4`, title: 'Row 4' },
  { name: 'redemptions', address: `/redemptions?couponCode=SPRING-1&seriesId=${SERIES}`, title: 'Redemptions' },
  { name: 'reference', address: '/reference?kind=tills&id=17', title: 'Reference data' },
  { name: 'webhooks', address: '/webhooks', title: 'Webhooks' },
  { name: 'keys', address: '/keys', title: 'API keys' },
  {
    name: 'nothing',
    address: '/',
    title: 'Start',
    prepare: async (page) => {
      await page.evaluate(() => {
        history.pushState(null, '', '/imports/1/no-such-view')
        dispatchEvent(new PopStateEvent('popstate'))
      })
      await page.getByRole('heading', { level: 1, name: 'Nothing here' }).waitFor()
    },
  },
  { name: 'profiles', address: '/profiles', title: 'Profiles' },
]

const THEMES = ['light', 'dark'] as const
const WIDTHS = [360, 1_920] as const

/** What is serious in a view, by name: in both themes, and at both widths. */
async function lookAt(page: Page, name: string): Promise<[name: string, found: unknown][]> {
  const found: [string, unknown][] = []
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme })
    found.push([`${name}, ${colorScheme}`, await findFaults(page)])
  }
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 })
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    found.push([`${name}, wider than ${width}`, excess > 0 ? [excess] : []])
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme })
      await keepScreenshot(page, `${name}-${width}-${colorScheme}`)
    }
  }
  await page.setViewportSize({ width: 1_280, height: 900 })
  return found.filter(([, faults]) => !Array.isArray(faults) || faults.length > 0)
}

async function lookAtAll(looked: readonly View[]): Promise<unknown[]> {
  // axe itself is injected, which the page's policy would refuse.
  const { page, context } = await openPage(dashboard, { bypassCSP: true })
  await page.getByLabel('API key').waitFor()
  const found: unknown[] = looked.some(({ name }) => name === 'start') ? await lookAt(page, 'sign-in') : []
  await signIn(page, dashboard.adminKey)
  for (const { name, address, title, prepare } of looked) {
    await goTo(page, address)
    await page.getByRole('heading', { level: 1, name: title }).waitFor()
    await prepare?.(page)
    if (!(await page.getByRole('button', { name: 'Sign out' }).isVisible())) found.push([name, 'offers no signing out'])
    found.push(...(await lookAt(page, name)))
  }
  await context.close()
  return found
}

test('every view offers signing out, axe finds nothing serious in any view and theme, and none is wider than its window at 360 and 1,920 px', async () => {
  const [odd, even] = [1, 0].map((rest) => views().filter((_view, index) => index % 2 === rest))
  expect((await Promise.all([odd ?? [], even ?? []].map(lookAtAll))).flat()).toEqual([])
})

test('what a file says is only ever text', async () => {
  const { page, complaints } = await openPage(dashboard, { address: '/' })
  await signIn(page, dashboard.adminKey)
  const code = encodeURIComponent(HOSTILE)
  const addresses = [
    '/',
    '/imports',
    `/imports?q=${code}`,
    `/imports/${hostileId}`,
    `/imports/${hostileId}?by=value`,
    `/imports/${hostileId}?value=${code}`,
    ...[1, 2, 3, 4].map((one) => `/imports/${hostileId}/rows/${one}`),
    `/redemptions?couponCode=${code}&seriesId=${SERIES}`,
    '/reference?kind=tills&id=666',
    `/reference?kind=series&id=666`,
    '/webhooks',
    '/keys',
    '/imports/new',
  ]
  for (const address of addresses) {
    await goTo(page, address)
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
  // Nor what a file says that is only looked at.
  await chooseFile(page, `${HOSTILE}.csv`, makeHostileFile())
  await page.getByLabel('Coupon series').fill(HOSTILE)
  await page.getByRole('region', { name: 'First rows of the file' }).getByText(HOSTILE).first().waitFor()
  expect(await page.evaluate(() => 'attacked' in globalThis)).toBe(false)
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
  await signIn(page, dashboard.adminKey)
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
