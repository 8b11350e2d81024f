import { readFile } from 'node:fs/promises'
import path from 'node:path'

import {
  COMPATIBLE_OPERATIONS,
  FAULT_CODES,
  OPERATIONS,
  ROW_ERROR_CODES,
  SERVICE_OPERATIONS,
} from '@importer/contracts'
import { chromium, type Browser, type Locator, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { hasBrowser } from '../../../../tests/support/browser.ts'
import { startIntake, type TestIntake } from '../../test/start-intake.ts'

const OPERATION_COUNT = [OPERATIONS, COMPATIBLE_OPERATIONS, SERVICE_OPERATIONS].reduce(
  (sum, operations) => sum + Object.keys(operations).length,
  0,
)

const EXAMPLES = path.resolve(import.meta.dirname, '../../../../docs/examples')
const SLOW_MACHINE_MS = 60_000

describe.skipIf(!hasBrowser())('in a browser, /docs', { timeout: SLOW_MACHINE_MS }, () => {
  let intake: TestIntake
  let browser: Browser
  let page: Page
  /** What the browser said, but that somebody is not signed in, and whom it asked. */
  const messages: string[] = []
  const hosts = new Set<string>()

  beforeAll(async () => {
    ;[intake, browser] = await Promise.all([
      // Behind a proxy links begin with another address than the one that the browser is at.
      startIntake({ publicUrl: 'https://coupons.example.com' }),
      // It cannot build its sandbox as root, as CI runs; the page is our own.
      chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] }),
    ])
    page = await browser.newPage({ viewport: { width: 1_400, height: 1_000 } })
    page.setDefaultTimeout(SLOW_MACHINE_MS)
    page.on('console', (message) => {
      if (!/status of 40[13]/.test(message.text())) messages.push(message.text())
    })
    page.on('pageerror', (error) => messages.push(error.message))
    page.on('request', (request) => hosts.add(new URL(request.url()).host))
    await load('/docs')
  }, SLOW_MACHINE_MS)
  afterAll(() => browser.close())

  const operationOf = (id: string): Locator => page.locator(`.opblock[id$="-${id}"]`)

  /** Found by a search: Swagger UI draws every operation that is listed anew at each step, which takes seconds of them all. */
  async function open(id: string): Promise<Locator> {
    await page.getByLabel('Search operations').fill(id)
    const operation = operationOf(id)
    await operation.locator('.opblock-summary-control').first().click()
    await operation.locator('.opblock-body').waitFor()
    return operation
  }

  async function showAll(): Promise<void> {
    await page.getByLabel('Search operations').fill('')
    await page.getByText(`${OPERATION_COUNT} of ${OPERATION_COUNT} operations`).waitFor()
  }

  async function execute(operation: Locator): Promise<string> {
    await operation.getByRole('button', { name: 'Execute' }).click()
    const answer = operation.locator('.live-responses-table')
    await answer.waitFor()
    return answer.innerText()
  }

  async function signIn(key: string): Promise<void> {
    await page.evaluate(
      `fetch('/v1/session', { method: 'POST', headers: { Authorization: 'Bearer ${key}' } }).then((a) => a.status)`,
    )
  }

  /** Loaded anew, also where only the part behind the # differs. */
  async function load(address: string): Promise<void> {
    await page.goto('about:blank')
    await page.goto(`${intake.url}${address}`)
    await page.locator('.opblock').first().waitFor()
  }

  test('shows every operation to somebody who is not signed in, and says so', async () => {
    expect(await page.locator('.opblock').count()).toBe(OPERATION_COUNT)
    expect(await page.locator('#session').innerText()).toMatch(/^Not signed in\. Sign in on the dashboard/)
    expect(await execute(await open('listImports'))).toMatch(/401[^]*UNAUTHORIZED/)
  })

  test('renders texts, with a curl for the address, and folds the codes, all of them', async () => {
    const operation = await open('createImport')
    expect(await operation.locator('.renderedMarkdown pre').first().innerText()).toContain(
      'https://coupons.example.com/v1/',
    )
    const text = page.locator('.info__description')
    expect(await text.innerText()).not.toMatch(/`|\*\*|COUPON_ALREADY_REDEEMED/)
    for (const title of await text.locator('summary').all()) await title.click()
    const unfolded = await text.innerText()
    expect([...FAULT_CODES, ...ROW_ERROR_CODES].filter((code) => !unfolded.includes(code))).toEqual([])
  })

  test('finds operations by words, and says where there is none', async () => {
    const search = page.getByLabel('Search operations')
    await search.fill('workbook rejected errors.xlsx')
    await page.getByText(`1 of ${OPERATION_COUNT} operations`).waitFor()
    expect(await page.locator('.opblock').allInnerTexts()).toEqual([
      expect.stringContaining('Download the rejected rows as a workbook'),
    ])
    await search.fill('nonsense')
    await page.getByText(`0 of ${OPERATION_COUNT} operations`).waitFor()
    expect(await page.locator('#api').innerText()).not.toContain('No operations defined')
    await showAll()
  })

  test('shows the operation of a deep link, opened, and the example of what it answers', async () => {
    await signIn(intake.keys.read)
    await load('/docs#/actions/revertImport')
    const operation = operationOf('revertImport')
    await operation.locator('.responses-table').first().waitFor()
    await expect.poll(() => operation.isVisible(), { timeout: SLOW_MACHINE_MS }).toBe(true)
    expect(await operation.innerText()).toMatch(/Revert an import[^]*"sha256"[^]*IMPORT_NOT_FOUND/)
  })

  test('tries operations with the session of the dashboard, as its role allows', async () => {
    await page.locator('#session', { hasText: 'organization 9619, role read' }).waitFor()
    expect(await execute(await open('showSession'))).toMatch(/200[^]*"role": "read"/)
    const createKey = await open('createApiKey')
    expect(await execute(createKey)).toMatch(/403[^]*the role read; expected one with the role admin/)
    await signIn(intake.keys.admin)
    await createKey.getByRole('button', { name: 'Execute' }).click()
    await createKey.locator('.live-responses-table', { hasText: '"key": "rik_' }).waitFor()
  })

  test('uploads a file with the fields of the example, and none made up', async () => {
    const operation = await open('createImport')
    await operation.locator('input[type=file]').setInputFiles({
      name: 'redemptions.csv',
      mimeType: 'text/csv',
      buffer: await readFile(path.join(EXAMPLES, 'redemptions.csv')),
    })
    expect(await execute(operation)).toMatch(/202[^]*"status": "queued"[^]*"details": null/)
  })

  test('is no wider than a narrow screen, is refused nothing by its policy, and asks no other host', async () => {
    await page.setViewportSize({ width: 400, height: 1_000 })
    await open('retryRejected')
    await showAll()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400)
    expect(messages).toEqual([])
    expect([...hosts]).toEqual([new URL(intake.url).host])
  })
})
