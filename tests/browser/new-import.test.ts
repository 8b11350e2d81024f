import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { openPage, SERIES, signIn, openDashboard, type Dashboard } from './open-dashboard.ts'
import { tabTo } from './tab-to.ts'

let dashboard: Dashboard

beforeAll(async () => {
  dashboard = await openDashboard(103)
})
afterAll(async () => dashboard.close())

/** Nobody guesses what a counter is; its second row names one that there is not, as does the third. */
const makeFile = (from: number): { name: string; mimeType: string; buffer: Buffer } => ({
  name: `night-${from}.csv`,
  mimeType: 'text/csv',
  buffer: Buffer.from(
    [
      'Redeemed on;Counter;Mobile;Coupon;Amount',
      `21.10.2020 09:00;17;491510000;SPRING-${from};1,50`,
      `21.10.2020 09:05;99;491510000;SPRING-${from + 1};2,00`,
      `21.10.2020 09:10;99;491510000;SPRING-${from + 2};2,00`,
      '',
    ].join('\n'),
  ),
})

const firstRows = (page: Page) => page.getByRole('region', { name: 'First rows of the file' })
const importIdOf = (page: Page): number => Number(new URL(page.url()).pathname.split('/').at(-1))

test('a file is mapped, checked, imported, corrected and reverted', async () => {
  const { page, complaints } = await openPage(dashboard, { address: '/imports/new' })
  await signIn(page, dashboard.adminKey)
  await page.getByLabel('CSV or Excel file').setInputFiles(makeFile(1))
  await firstRows(page).waitFor()
  await page.getByLabel('Coupon series').fill(String(SERIES))

  // What is sure is chosen, and what is not is said.
  expect(await page.getByLabel('Meaning of column 1, Redeemed on').inputValue()).toBe('redeemedDateInMillis')
  expect(await page.getByLabel('Meaning of column 4, Coupon').inputValue()).toBe('couponCode')
  expect(await page.getByLabel('Meaning of column 2, Counter').inputValue()).toBe('')
  await page.getByText('Still to be chosen: the till, the time zone of the dates.').waitFor()
  expect(await page.getByRole('button', { name: 'Start import' }).isDisabled()).toBe(true)

  await page.getByLabel('Meaning of column 2, Counter').selectOption('redeemedAt')
  await page.getByLabel('Time zone').fill('Europe/Berlin')
  // The rows are looked up: as an import would say.
  await firstRows(page)
    .getByText(/99.*till/i)
    .first()
    .waitFor()
  await page.getByText('2 of the first 3 rows would be rejected').waitFor()
  const uploadHeaders = (await page.getByLabel('uploadHeaders', { exact: true }).textContent()) ?? ''
  expect(JSON.parse(uploadHeaders)).toEqual({ mobile: 2, couponCode: 3, redeemedDateInMillis: 0, redeemedAt: 1 })

  await page.getByRole('button', { name: 'Check without importing' }).click()
  await page.getByText('This was a check: nothing is recorded.').waitFor()
  const checked = await dashboard.client.readImport(importIdOf(page))
  expect(checked).toMatchObject({ dryRun: true, counts: { rows: 3, inserted: 1, rejected: 2 } })

  // What was chosen is still there.
  await page.getByRole('link', { name: 'New import' }).click()
  await page.getByText('2 of the first 3 rows would be rejected').waitFor()
  await page.getByRole('button', { name: 'Start import' }).click()
  await page.getByText('Some rows rejected').waitFor()
  expect(await page.getByRole('progressbar', { name: 'Progress' }).getAttribute('aria-valuenow')).toBe('100')
  const importId = importIdOf(page)
  expect(await dashboard.client.readImport(importId)).toMatchObject({
    dryRun: false,
    delimiter: ';',
    counts: { rows: 3, inserted: 1, rejected: 2 },
  })

  // The row is found by its line, and corrected where it is explained, for all rows.
  await page.getByLabel('Find by').selectOption('line')
  await page.getByLabel('Number', { exact: true }).fill('4')
  await page.getByRole('button', { name: 'Explain this row' }).click()
  await page.getByRole('heading', { level: 1, name: 'Row 3' }).waitFor()
  await page.getByRole('button', { name: 'Correct', exact: true }).click()
  await page.getByLabel('New value').fill('18')
  await page.getByLabel('All rows with this value').check()
  await page.getByRole('button', { name: 'Apply correction' }).click()
  await page.getByRole('link', { name: 'Go to the corrections' }).click()
  await page.getByRole('button', { name: 'Import corrected rows' }).click()
  await page.getByText('Every row is in: 2 inserted').waitFor()
  await page.getByRole('button', { name: 'Revert', exact: true }).click()
  await page.getByRole('button', { name: 'Revert 2 redemptions' }).click()
  await page.getByText('Reverted', { exact: true }).first().waitFor()
  expect(complaints).toEqual([])
  await page.context().close()
})

test('a file is mapped and imported by keyboard alone', async () => {
  const { page } = await openPage(dashboard, { address: '/imports/new' })
  await page.getByLabel('API key').waitFor()
  await signIn(page, dashboard.adminKey)
  // The dialog that the browser opens for a file is the system's own.
  await page.getByLabel('CSV or Excel file').setInputFiles(makeFile(11))
  await firstRows(page).waitFor()
  await tabTo(page, 'Coupon series')
  await page.keyboard.type(String(SERIES))
  await tabTo(page, 'Meaning of column 2, Counter')
  // A list is chosen from by typing how its entry begins.
  await page.keyboard.type('Redeemed: till')
  await tabTo(page, 'Time zone')
  await page.keyboard.type('Europe/Berlin')
  await page.getByText('2 of the first 3 rows would be rejected').waitFor()
  await tabTo(page, 'Check without importing')
  await page.keyboard.press('Enter')
  await page.getByText('This was a check: nothing is recorded.').waitFor()
  await page.context().close()
})

test('what is no table is said, and what is chosen otherwise is read and kept as a profile', async () => {
  const { page } = await openPage(dashboard, { address: '/imports/new' })
  await signIn(page, dashboard.adminKey)
  const buffer = Buffer.from('Redeemed on,Till,Mobile,Coupon\n1603263535000,17,491510000,SPRING-31\n', 'utf16le')
  await page.getByLabel('CSV or Excel file').setInputFiles({ name: 'old.txt', mimeType: 'text/plain', buffer })
  await page.getByText(/looks like a UTF-16 text file/).waitFor()
  expect(await page.getByRole('button', { name: 'Start import' }).isDisabled()).toBe(true)
  await page.getByText('More options').click()
  await page.getByLabel('Encoding').selectOption('utf-16le')
  await page.getByText('first row can be read').waitFor()

  await page.getByLabel('Lines to skip').fill('0')
  await page.getByLabel('Stop after rejected rows').fill('5')
  await page.getByText('Save as profile').click()
  await page.getByLabel('Name of the profile').fill('old')
  await page.getByRole('button', { name: 'Save profile' }).click()
  await page.getByText('“old” is saved, version 1').waitFor()
  const saved = await dashboard.client.get('/v1/import-profiles/old')
  expect(await saved.json()).toMatchObject({
    customerIdentifier: 'MOBILE',
    couponIdentifier: 'COUPON_CODE',
    uploadHeaders: { redeemedDateInMillis: 'Redeemed on', redeemedAt: 'Till', mobile: 'Mobile', couponCode: 'Coupon' },
    encoding: 'utf-16le',
    skipLines: 0,
    maxErrors: 5,
  })
  await page.context().close()
})
