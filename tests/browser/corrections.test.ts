import { afterAll, beforeAll, expect, test } from 'vitest'

import { HEADER, importFile, openPage, row, signIn, openDashboard, type Dashboard } from './open-dashboard.ts'
import { tabTo } from './tab-to.ts'

let dashboard: Dashboard

beforeAll(async () => {
  dashboard = await openDashboard(101)
})
afterAll(async () => dashboard.close())

test('a wrong value is corrected in all rows, the rows are imported, and the import is reverted', async () => {
  const id = await importFile(
    dashboard,
    HEADER + row('SPRING-1') + row('SPRING-2', '99') + row('SPRING-3', '99') + row('NOSUCH'),
  )
  const { page, complaints } = await openPage(dashboard, { address: `/imports/${id}` })
  // Whoever is not signed in comes to what was asked for by way of the sign-in.
  await signIn(page, dashboard.adminKey)
  expect(new URL(page.url()).pathname).toBe(`/imports/${id}`)
  await page.getByText('Some rows rejected').waitFor()
  expect(await page.getByRole('progressbar', { name: 'Progress' }).getAttribute('aria-valuenow')).toBe('100')

  const rejected = page.getByRole('table', { name: 'Rejected rows' })
  await rejected.getByRole('row').filter({ hasText: 'line 3' }).getByRole('button', { name: 'Correct' }).click()
  await page.getByLabel('New value').fill('18')
  await page.getByLabel('All rows with this value').check()
  await page.getByRole('button', { name: 'Apply correction' }).click()
  await rejected.getByRole('row').filter({ hasText: 'line 5' }).getByRole('button', { name: 'Leave out' }).click()
  await page.getByRole('heading', { name: '2 corrections not imported yet' }).waitFor()
  await page.getByRole('button', { name: 'Import corrected rows' }).click()

  await page.getByText(`These are the rejected rows of import ${id}`).waitFor()
  await page.getByText('Every row is in: 2 inserted').waitFor()
  const corrected = Number(new URL(page.url()).pathname.split('/').at(-1))
  expect(await dashboard.client.readImport(corrected)).toMatchObject({
    status: 'completed',
    counts: { rows: 2, inserted: 2, duplicates: 0, rejected: 0 },
  })

  await page.getByRole('button', { name: 'Revert', exact: true }).click()
  await page.getByRole('button', { name: 'Revert 2 redemptions' }).click()
  await page.getByText('Reverted', { exact: true }).first().waitFor()
  expect(await dashboard.client.readImport(corrected)).toMatchObject({ status: 'reverted' })
  expect(complaints).toEqual([])
  await page.context().close()
})

test('the same by keyboard alone', async () => {
  const id = await importFile(dashboard, HEADER + row('SPRING-11', '77') + row('SPRING-12', '77'), 'keyboard.csv')
  const { page } = await openPage(dashboard, { address: '/' })
  // The only field of the sign-in has the focus.
  await page.getByLabel('API key').waitFor()
  await page.keyboard.type(dashboard.adminKey)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Start' }).waitFor()

  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Help' }).waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('/')
  await page.getByRole('heading', { level: 1, name: 'Imports' }).waitFor()
  await page.getByRole('searchbox', { name: 'Search' }).waitFor()
  await page.waitForFunction(() => document.activeElement?.getAttribute('type') === 'search')
  await page.keyboard.type('keyboard')
  await page.waitForURL(/q=keyboard/)
  await page.getByRole('link', { name: /^keyboard/ }).waitFor()
  const fileName = (await page.getByRole('link', { name: /^keyboard/ }).textContent()) ?? ''
  await tabTo(page, fileName)
  await page.keyboard.press('Enter')
  await page.waitForURL(new RegExp(`/imports/${id}$`))
  await page.getByRole('button', { name: 'Correct' }).first().waitFor()

  await tabTo(page, 'Correct')
  await page.keyboard.press('Enter')
  await page.getByLabel('New value').waitFor()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('17')
  await tabTo(page, 'All rows with this value')
  await page.keyboard.press('Space')
  await tabTo(page, 'Apply correction')
  await page.keyboard.press('Enter')
  await tabTo(page, 'Import corrected rows')
  await page.keyboard.press('Enter')
  await page.getByText('Every row is in: 2 inserted').waitFor()
  await tabTo(page, 'Revert')
  await page.keyboard.press('Enter')
  await tabTo(page, 'Revert 2 redemptions')
  await page.keyboard.press('Enter')
  await page.getByText('Reverted', { exact: true }).first().waitFor()
  await page.context().close()
})

test('a key that may only look is offered no action, and the API refuses it too', async () => {
  const id = await importFile(dashboard, HEADER + row('SPRING-21') + row('SPRING-22', '99') + row('NOSUCH'))
  const { page } = await openPage(dashboard, { address: `/imports/${id}` })
  await signIn(page, dashboard.readKey)
  const offered =
    /^(Correct.*|Leave out|Revert.*|Retry.*|Resume|Cancel|Import corrected rows|Delete.*|Undo|Start import|Save.*)$/
  for (const [address, shown] of [
    [`/imports/${id}`, 'NOSUCH'],
    [`/imports/${id}?by=value`, 'NOSUCH'],
    [`/imports/${id}/rows/2`, 'SPRING-22'],
    ['/imports/new', 'Your key may only look.'],
  ] as const) {
    await page.goto(`${dashboard.url}${address}`)
    await page.getByText(shown).first().waitFor()
    if (address.includes('?'))
      await page.getByRole('table', { name: 'Rejected rows' }).getByRole('row').nth(1).waitFor()
    const buttons = await page.getByRole('button', { name: offered }).allTextContents()
    expect([address, buttons]).toEqual([address, []])
    for (const name of ['New import', 'Webhooks', 'API keys']) {
      expect([address, name, await page.getByRole('link', { name, exact: true }).count()]).toEqual([address, name, 0])
    }
  }
  const statuses = await page.evaluate(
    async (importId) =>
      Promise.all(
        ['revert', 'retry-rejected', 'cancel', 'resume'].map(async (action) => {
          return (await fetch(`/v1/imports/${importId}/${action}`, { method: 'POST' })).status
        }),
      ),
    id,
  )
  expect(statuses).toEqual([403, 403, 403, 403])
  await page.context().close()
})
