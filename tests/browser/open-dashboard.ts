import { mkdir } from 'node:fs/promises'
import path from 'node:path'

import { createApiKey, openDatabase } from '@importer/db'
import axe from 'axe-core'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

import { inject } from 'vitest'

import { ImporterClient } from '../support/importer-client.ts'

/** Screenshots are looked at by a person; they are no part of the repository. */
const OUTPUT = path.join(import.meta.dirname, 'output')

export const SERIES = 953_234

export interface Dashboard {
  readonly url: string
  /** Of its database, as a superuser. */
  readonly ownerUrl: string
  readonly browser: Browser
  readonly orgId: number
  /** The API, with a key that may do everything. */
  readonly client: ImporterClient
  readonly adminKey: string
  /** A key of the same organization that may only look. */
  readonly readKey: string
  close(): Promise<void>
}

/** The one system in the one browser, with a new organization and its {@link loadShop}. Each file takes an id of its own. */
export async function openDashboard(orgId: number): Promise<Dashboard> {
  const { url, database: urls, browserUrl } = inject('dashboard')
  const database = openDatabase({
    url: urls.url,
    applicationName: 'browser-test',
    maxConnections: 1,
    onConnectionLost: () => undefined,
  })
  const { key: adminKey } = await createApiKey(database, { orgId, role: 'admin', name: 'the operator' })
  const { key: readKey } = await createApiKey(database, { orgId, role: 'read', name: 'the analyst' })
  await database.close()
  const client = new ImporterClient(url, adminKey)
  await loadShop(client)
  const browser = await chromium.connect(browserUrl)
  return {
    url,
    ownerUrl: urls.ownerUrl,
    browser,
    orgId,
    client,
    adminKey,
    readKey,
    close: async () => browser.close(),
  }
}

export interface OpenedPage {
  readonly page: Page
  readonly context: BrowserContext
  /** What the page complained of: errors of scripts, and what its policy refused. */
  readonly complaints: string[]
}

/** A page of its own, with nothing kept from before. */
export async function openPage(
  { browser, url }: Dashboard,
  options: { readonly address?: string; readonly bypassCSP?: boolean; readonly colorScheme?: 'light' | 'dark' } = {},
): Promise<OpenedPage> {
  const { address = '/', ...rest } = options
  const context = await browser.newContext({ viewport: { width: 1_280, height: 900 }, timezoneId: 'UTC', ...rest })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // A refused request is reported by the browser itself, the one for a session that is not there yet too.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  await page.goto(`${url}${address}`)
  return { page, context, complaints }
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('switch', { name: 'Live updates' }).waitFor()
}

/** Nothing that axe calls serious, nor anything more. */
export async function findFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(async () => {
    const { axe: injected } = globalThis as unknown as { axe: typeof import('axe-core') }
    return injected.run(document, { resultTypes: ['violations'] })
  })
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(OUTPUT, { recursive: true })
  await page.screenshot({ path: path.join(OUTPUT, `${name}.png`), fullPage: true })
}

/** Coupons SPRING-1 to SPRING-100 of one series, ten customers, two tills. */
async function loadShop(client: ImporterClient): Promise<void> {
  await client.putReference('series', `id,name\n${SERIES},Spring\n`)
  await client.putReference('tills', 'id,name\n17,Front\n18,Back\n')
  const customers = Array.from({ length: 10 }, (_none, index) => `${index + 1},49151000${index}`)
  await client.putReference('customers', `id,mobile\n${customers.join('\n')}\n`)
  const coupons = Array.from({ length: 100 }, (_none, index) => `${index + 1},${SERIES},SPRING-${index + 1}`)
  await client.putReference('coupons', `id,seriesId,code\n${coupons.join('\n')}\n`)
}

export const HEADER = 'Redeemed on,Till,Mobile,Coupon\n'
export const row = (coupon: string, till = '17'): string => `1603263535000,${till},491510000,${coupon}\n`

/** Uploads by the API and waits for the end. */
export async function importFile({ client }: Dashboard, file: string, fileName = 'tills.csv'): Promise<number> {
  const { jobId } = await client.upload({
    seriesId: SERIES,
    customerIdentifier: 'MOBILE',
    couponIdentifier: 'COUPON_CODE',
    uploadHeaders: '{"redeemedDateInMillis":0,"redeemedAt":1,"mobile":2,"couponCode":3}',
    file,
    fileName,
  })
  await client.waitUntilFinished(jobId)
  return jobId
}
