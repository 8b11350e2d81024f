import type { Page } from 'playwright-core'

const MOST_PRESSES = 200

/** Presses Tab until a control with that name has the focus, as somebody does who has no mouse. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < MOST_PRESSES; presses += 1) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const element = document.activeElement
      const labels = (element as HTMLInputElement | null)?.labels
      return element?.getAttribute('aria-label') ?? labels?.[0]?.textContent ?? element?.textContent ?? ''
    })
    if (focused.trim() === name) return
  }
  throw new Error(`no control "${name}" can be reached by Tab`)
}
