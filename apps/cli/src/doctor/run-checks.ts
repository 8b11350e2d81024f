import { openDatabase } from '@importer/db'
import { findEmbeddedPostgres, type DatabaseUrls } from '@importer/embedded-postgres'
import type { Environment } from '@importer/runtime/environment'

import type { Session } from '../framework/session.ts'
import { checkCounts, checkDatabase } from './check-database.ts'
import { checkDisk, checkNode } from './check-machine.ts'
import { checkQueue, checkService, checkStorage } from './check-peers.ts'
import { checkSecrets } from './check-secrets.ts'
import { finding, ok, type Check } from './check.ts'

/** Looks at one thing after the other, from the machine to what runs on it. */
export async function* runChecks(session: Session): AsyncGenerator<Check> {
  const { terminal, notify } = session
  // Variables that are wrong end a command before it begins, with their names.
  const environment = terminal.env.readInstallation()
  yield ok('Configuration', 'every variable that is set has a possible value')
  yield checkNode()
  yield await checkDisk(environment.DATA_DIR)
  yield await checkQueue(environment)
  const urls = findDatabase(environment)
  if (urls === null) {
    yield finding(
      'Database',
      `DATABASE_URL is not set, and no PostgreSQL of npm start runs in ${environment.DATA_DIR}`,
      'Run npm start here, or set DATABASE_URL and DATA_DIR as intake and worker have them.',
    )
  } else {
    const database = openDatabase({
      url: urls.url,
      applicationName: 'doctor',
      maxConnections: 2,
      secretsKeys: environment.SECRETS_KEY,
      onConnectionLost: (error) => notify(`a database connection broke: ${error.message}`),
    })
    try {
      const { checks, isUsable } = await checkDatabase(database, urls)
      yield* checks
      if (isUsable) {
        yield await checkStorage(database, environment)
        yield await checkCounts(database)
        yield await checkSecrets(database)
      }
    } finally {
      await database.close()
    }
  }
  yield* await checkService(async () => session.connect())
}

function findDatabase({ DATABASE_URL, DATA_DIR }: Environment): DatabaseUrls | null {
  if (DATABASE_URL !== undefined) return { url: DATABASE_URL, ownerUrl: DATABASE_URL }
  return findEmbeddedPostgres({ dataDir: DATA_DIR })
}
