import { COMPATIBLE_OPERATIONS, OPERATIONS, SERVICE_OPERATIONS } from '@importer/contracts'
import { chromium, type Browser, type Locator, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { hasBrowser } from '../../../../tests/support/browser.ts'
import { startIntake, type TestIntake } from '../../test/start-intake.ts'

const OPERATION_COUNT = [OPERATIONS, COMPATIBLE_OPERATIONS, SERVICE_OPERATIONS].reduce(
  (sum, operations) => sum + Object.keys(operations).length,
  0,
)

const SLOW_MACHINE_MS = 60_000

describe.skipIf(!hasBrowser())('in a browser, /docs', { timeout: SLOW_MACHINE_MS }, () => {
  let intake: TestIntake
  let browser: Browser
  let page: Page
  /** What the browser said, and whom it asked. */
  const messages: string[] = []
  const hosts = new Set<string>()

  beforeAll(async () => {
    intake = await startIntake()
    // It cannot build its sandbox as root, as CI runs; the page is our own.
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
    page = await browser.newPage({ viewport: { width: 1_200, height: 1_000 } })
    page.setDefaultTimeout(SLOW_MACHINE_MS)
    page.on('console', (message) => messages.push(message.text()))
    page.on('pageerror', (error) => messages.push(error.message))
    page.on('request', (request) => hosts.add(new URL(request.url()).host))
    await page.goto(`${intake.url}/docs`)
    await page.locator('.opblock').first().waitFor()
  }, SLOW_MACHINE_MS)
  afterAll(async () => {
    await browser.close()
    await intake.stop()
  })

  async function open(summary: string): Promise<Locator> {
    await page.getByText(summary, { exact: true }).click()
    const operation = page.locator('.opblock', { has: page.getByText(summary, { exact: true }) })
    await operation.locator('.opblock-body').waitFor()
    return operation
  }

  async function execute(operation: Locator): Promise<string> {
    await operation.getByRole('button', { name: 'Execute' }).click()
    const answer = operation.locator('.live-responses-table')
    await answer.waitFor()
    return answer.innerText()
  }

  test('shows every operation, and rendered text with a curl that names this address', async () => {
    expect(await page.locator('.opblock').count()).toBe(OPERATION_COUNT)
    const operation = await open('Create an import')
    expect(await operation.locator('.markdown pre').first().innerText()).toContain(intake.url)
    expect(await page.locator('.info .markdown code').first().innerText()).not.toContain('`')
    expect(await page.locator('.info .markdown').first().innerText()).toContain('COUPON_ALREADY_REDEEMED')
  })

  test('finds operations by words', async () => {
    await page.getByLabel('Search operations').fill('rejected workbook')
    await expect.poll(() => page.locator('.opblock').count(), { timeout: SLOW_MACHINE_MS }).toBe(1)
    expect(await page.locator('.opblock').innerText()).toContain('Download the rejected rows as a workbook')
    await page.getByLabel('Search operations').fill('')
    await expect.poll(() => page.locator('.opblock').count(), { timeout: SLOW_MACHINE_MS }).toBe(OPERATION_COUNT)
  })

  test('tries operations with the session of the dashboard, one that changes something too', async () => {
    await page.evaluate(
      `fetch('/v1/session', { method: 'POST', headers: { Authorization: 'Bearer ${intake.keys.admin}' } })`,
    )
    const who = await open('Retrieve who is signed in, or whose key was sent')
    expect(await execute(who)).toMatch(/200[^]*"role": "admin"/)
    expect(await execute(await open('Create an API key'))).toMatch(/201[^]*"key": "rik_/)
  })

  test('is no wider than a narrow screen, is refused nothing by its policy, and asks no other host', async () => {
    await page.setViewportSize({ width: 400, height: 1_000 })
    await open('Retry the rejected rows of an import')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400)
    expect(messages).toEqual([])
    expect([...hosts]).toEqual([new URL(intake.url).host])
  })
})
