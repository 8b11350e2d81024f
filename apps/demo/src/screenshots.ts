/**
 * `npm run screenshots`: the pictures of the README, from the whole system in an instance of its own, with the demo's
 * data. Needs Chromium (Debian: apt-get install chromium).
 */
import { mkdir, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { createClient } from '@importer/client'
import { ownEnvironment, startSystem, type RunningSystem } from '@importer/local-system'
import { chromium } from 'playwright-core'

import { makeDemoEnvironment } from './demo-environment.ts'
import { importDemoData } from './import-demo-data.ts'
import { runToEnd, type Program } from './run-to-end.ts'
import { Steps } from './steps.ts'

const ROWS = 100_000
const SEED = 20_201_024
const SIZE = { width: 1_280, height: 800 }
const FOLDER = fileURLToPath(new URL('../../../docs/images/', import.meta.url))

await runToEnd(takeScreenshots)
process.exit()

async function takeScreenshots({ signal, print, onEnd }: Program): Promise<void> {
  const { env, dataDir } = await makeDemoEnvironment(ownEnvironment(), `screenshots-${process.pid}`)
  onEnd(async () => rm(dataDir, { recursive: true, force: true }))
  const running = await startSystem({ env, output: print, signal })
  onEnd(async () => running.stop())
  const { view } = await importDemoData({
    client: createClient({ url: running.url, apiKey: running.apiKey, signal }),
    dataDir,
    rows: ROWS,
    seed: SEED,
    steps: new Steps(print),
    signal,
  })
  await mkdir(FOLDER, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const) {
    const file = `${FOLDER}dashboard-${colorScheme}.png`
    await photograph(running, `/imports/${view.id}`, colorScheme, file)
    print(`Written to ${file}`)
  }
}

async function photograph(
  { url, apiKey }: RunningSystem,
  address: string,
  colorScheme: 'light' | 'dark',
  file: string,
): Promise<void> {
  // Chromium cannot build its sandbox as root, as CI runs; the page is our own.
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage({ viewport: SIZE, colorScheme })
    await page.goto(`${url}${address}`)
    await page.getByLabel('API key').fill(apiKey)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('table', { name: 'Rejected rows' }).waitFor()
    await page
      .getByText(/^Loading /)
      .first()
      .waitFor({ state: 'detached' })
    await page.screenshot({ path: file })
  } finally {
    await browser.close()
  }
}
