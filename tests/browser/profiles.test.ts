import { afterAll, beforeAll, expect, test } from 'vitest'

import { findFaults, keepScreenshot, openPage, signIn, openDashboard, type Dashboard } from './open-dashboard.ts'

let dashboard: Dashboard

beforeAll(async () => {
  dashboard = await openDashboard(104)
})
afterAll(async () => dashboard.close())

const PROFILE = {
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  uploadHeaders: {
    redeemedDateInMillis: ['Redeemed on', 'Datum'],
    redeemedAt: 'Till',
    mobile: 2,
    couponCode: 'Coupon',
  },
  delimiter: '~',
  dateFormat: 'dd.MM.yyyy HH:mm',
  timeZone: 'Europe/Berlin',
  maxErrorRatio: 0.5,
  seriesId: 953_234,
}

async function call(method: string, name: string, json?: object) {
  const response = await fetch(`${dashboard.url}/v1/import-profiles/${encodeURIComponent(name)}`, {
    method,
    headers: { Authorization: `Bearer ${dashboard.adminKey}`, 'Content-Type': 'application/json' },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  return { status: response.status, body: JSON.parse((await response.text()) || 'null') as Record<string, unknown> }
}

test('a profile is found, edited, restored and deleted, and says at each step what it is', async () => {
  expect((await call('PUT', 'Büro & 100 % tills', PROFILE)).status).toBe(201)
  const { page, complaints, context } = await openPage(dashboard, { address: '/profiles', bypassCSP: true })
  await signIn(page, dashboard.adminKey)
  await page.getByRole('link', { name: 'Büro & 100 % tills' }).click()
  await page.getByRole('heading', { level: 1, name: 'Büro & 100 % tills' }).waitFor()
  await page.getByText('Redeemed on, or Datum').waitFor()
  await page.getByText('The first').waitFor()
  await keepScreenshot(page, 'profile-1280')

  await page.getByRole('button', { name: 'Edit' }).click()
  const names = page.getByRole('textbox', { name: 'Redeemed: till: names in the header, one a line' })
  expect(await names.inputValue()).toBe('Till')
  await names.fill('Till\nKasse')
  expect(await page.getByRole('spinbutton', { name: 'Customer: mobile: which column, from 1' }).inputValue()).toBe('3')
  await page.getByRole('combobox', { name: 'Bill: number: found by' }).selectOption('Name in the header')
  await page.getByRole('textbox', { name: 'Bill: number: names in the header, one a line' }).fill('Bon')
  await page.getByLabel('Time zone').fill('Europe/Vienna')
  await keepScreenshot(page, 'profile-edit-1280')
  expect(await findFaults(page)).toEqual([])
  await page.setViewportSize({ width: 360, height: 900 })
  await keepScreenshot(page, 'profile-edit-360')
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
  await page.setViewportSize({ width: 1_280, height: 900 })
  await page.getByRole('button', { name: 'Save a new version' }).click()
  await page.getByText('Saved as version 2.').waitFor()
  await page.getByText('Till, or Kasse').waitFor()
  expect((await call('GET', 'Büro & 100 % tills')).body).toMatchObject({
    ...PROFILE,
    version: 2,
    timeZone: 'Europe/Vienna',
    uploadHeaders: { ...PROFILE.uploadHeaders, redeemedAt: ['Till', 'Kasse'], billNumber: 'Bon' },
  })
  await page.getByText('upload headers, time zone').waitFor()

  await page.getByRole('button', { name: 'Restore version 1' }).click()
  await page.getByRole('button', { name: 'Restore version 2' }).waitFor()
  expect((await call('GET', 'Büro & 100 % tills')).body).toMatchObject({ ...PROFILE, version: 3 })

  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('button', { name: 'Delete the profile' }).click()
  await page.getByText('Files of the same kind need their columns explained once only.').waitFor()
  expect((await call('GET', 'Büro & 100 % tills')).status).toBe(404)
  expect(complaints).toEqual([])
  await context.close()
})

test('what the server refuses is shown, and who may only look is offered no change', async () => {
  await call('PUT', 'looked at', PROFILE)
  const { page, context } = await openPage(dashboard, { address: '/profiles/looked%20at' })
  await signIn(page, dashboard.adminKey)
  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByRole('combobox', { name: 'Redeemed: till: found by' }).selectOption('Not in these files')
  await page.getByRole('button', { name: 'Save a new version' }).click()
  await page
    .getByText(/lacks the key "redeemedAt"/)
    .first()
    .waitFor()
  await context.close()

  const other = await openPage(dashboard, { address: '/profiles/looked%20at' })
  await signIn(other.page, dashboard.readKey)
  await other.page.getByText('In use').waitFor({ state: 'detached' })
  await other.page.getByText('Redeemed on, or Datum').waitFor()
  expect(await other.page.getByRole('button', { name: /Edit|Delete|Restore/ }).count()).toBe(0)
  await other.context.close()
})
