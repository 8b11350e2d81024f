import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Whether this machine has Chromium. Use it as `describe.skipIf(!hasBrowser())`: a missing browser is announced and
 * skips the suite; in CI, where it must be there, it is an error.
 */
export function hasBrowser(): boolean {
  if (spawnSync('chromium', ['--version']).status === 0) return true
  const message = 'there is no chromium on this machine'
  if (process.env['CI']) throw new Error(`${message}, and CI must not go without it`)
  console.warn(`SKIPPED: ${message}, so no page is looked at here (Debian: apt-get install chromium)`)
  return false
}

/** What a page has become once its scripts have run: its elements as HTML, and what was told on the browser's console. */
export interface RenderedPage {
  readonly html: string
  readonly console: readonly string[]
}

/** Opens a page in a real browser with nothing kept from before, and waits until its scripts and requests are done. */
export async function renderPage(url: string): Promise<RenderedPage> {
  const profile = await mkdtemp(path.join(tmpdir(), 'importer-browser-'))
  try {
    const flags = [
      '--headless',
      // It cannot build its sandbox as root, as CI runs; the page is our own.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      `--user-data-dir=${profile}`,
      '--enable-logging=stderr',
      '--virtual-time-budget=10000',
      '--dump-dom',
    ]
    const { stdout, stderr } = await run('chromium', [...flags, url], { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 })
    return { html: stdout, console: stderr.split('\n').filter((line) => line.includes(':CONSOLE')) }
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
