import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { DatabaseUrls } from '@importer/embedded-postgres'
import { startSystem } from '@importer/local-system'

import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'

/** What all files share; each has an organization and pages of its own in it. */
export interface ServedDashboard {
  /** Without a slash at its end. */
  readonly url: string
  readonly database: DatabaseUrls
  /** Where the one browser is driven. */
  readonly browserUrl: string
}

declare module 'vitest' {
  interface ProvidedContext {
    dashboard: ServedDashboard
  }
}

/** Starts what `npm start` starts, and one Chromium. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const releases: (() => Promise<unknown>)[] = []
  const tearDown = async (): Promise<void> => {
    for (const release of releases.toReversed()) await release()
  }
  try {
    const folder = await mkdtemp(path.join(tmpdir(), 'importer-browser-tests-'))
    releases.push(async () => rm(folder, { recursive: true, force: true }))
    // PostgreSQL refuses to run as root: its own user must be able to pass through.
    await chmod(folder, 0o755)
    const { PATH, HOME } = process.env
    const system = await startSystem({
      env: {
        PATH,
        HOME,
        DATA_DIR: path.join(folder, 'data'),
        HOST: '127.0.0.1',
        PORT: '0',
        WEBHOOK_ALLOW_HTTP: 'true',
        WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true',
      },
      // What goes wrong is in its logs, and in the error when it does not start.
      output: () => {},
    })
    releases.push(async () => system.stop())
    const browser = await chromium.launchServer({
      executablePath: '/usr/bin/chromium',
      // It cannot build its sandbox as root, as CI runs; the page is our own.
      args: ['--no-sandbox'],
    })
    releases.push(async () => browser.close())
    project.provide('dashboard', {
      url: system.url,
      database: system.readDatabaseUrls(),
      browserUrl: browser.wsEndpoint(),
    })
  } catch (error) {
    await tearDown()
    throw error
  }
  return tearDown
}
