import { OPERATIONS } from '@importer/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { hasBrowser, renderPage, type RenderedPage } from '../../../../tests/support/browser.ts'
import { startIntake, type TestIntake } from '../../test/start-intake.ts'

describe.skipIf(!hasBrowser())('in a browser, /docs', () => {
  let intake: TestIntake
  let page: RenderedPage

  beforeAll(async () => {
    intake = await startIntake()
    page = await renderPage(`${intake.url}/docs`)
  })
  afterAll(() => intake.stop())

  test('shows every operation, with a curl that names this address', () => {
    const articles = page.html.split('<article ')
    for (const operationId of Object.keys(OPERATIONS)) {
      const article = articles.find((html) => html.startsWith(`id="${operationId}"`))
      expect(article, operationId).toContain(intake.url)
    }
  })

  test('has no link that leads nowhere', () => {
    const ids = new Set([...page.html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
    const targets = [...page.html.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id)
    expect(targets.length).toBeGreaterThan(Object.keys(OPERATIONS).length)
    expect(targets.filter((id) => !ids.has(id))).toEqual([])
  })

  test('is refused nothing by its own policy, and says nothing on the console', () => {
    expect(page.console).toEqual([])
  })
})
