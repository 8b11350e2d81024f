import { APP_ROLE, startEmbeddedPostgres, type DatabaseUrls } from '@importer/embedded-postgres'

import type { Releases } from './releases.ts'
import { reportEvent, superviseProcess } from './supervise-process.ts'

export interface ProvidedDatabase {
  readUrls(): DatabaseUrls
  /** The role of `url` where it is another one than that of `ownerUrl`. */
  readonly appRole: string | undefined
  /** Calls `listener` when a restart has changed the URL: another program had taken the port meanwhile. */
  onMoved(listener: () => void): void
}

export interface ProvideDatabaseOptions {
  /** a database that somebody else takes care of; undefined: an embedded one */
  readonly databaseUrl: string | undefined
  readonly dataDir: string
  readonly releases: Releases
  readonly output: (line: string) => void
}

/** The database of this run: the given one, or an embedded PostgreSQL that is kept running. Resolves when it answers. */
export async function provideDatabase(options: ProvideDatabaseOptions): Promise<ProvidedDatabase> {
  const { databaseUrl, dataDir, releases, output } = options
  if (databaseUrl !== undefined) {
    return {
      readUrls: () => ({ url: databaseUrl, ownerUrl: databaseUrl }),
      appRole: undefined,
      onMoved: () => undefined,
    }
  }

  let urls: DatabaseUrls = { url: '', ownerUrl: '' }
  let port: number | undefined
  let notifyMoved: () => void = () => undefined
  const postgres = superviseProcess({
    start: async (signal) => {
      const started = await startEmbeddedPostgres({
        dataDir,
        log: output,
        signal,
        ...(port === undefined ? {} : { preferredPort: port }),
      })
      const hasMoved = port !== undefined && port !== started.port
      port = started.port
      urls = { url: started.url, ownerUrl: started.ownerUrl }
      if (hasMoved) notifyMoved()
      return started
    },
    onEvent: (event) => reportEvent('PostgreSQL', event, output),
    // It has tried again by itself whatever may pass.
    backoff: { giveUpAfter: 1 },
  })
  releases.add('PostgreSQL', () => postgres.stop())
  await postgres.ready
  return {
    readUrls: () => urls,
    appRole: APP_ROLE,
    onMoved: (listener) => {
      notifyMoved = listener
    },
  }
}
