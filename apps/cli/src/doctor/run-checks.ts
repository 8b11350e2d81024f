import { openDatabase } from '@importer/db'
import { findEmbeddedPostgres, type DatabaseUrls } from '@importer/embedded-postgres'
import type { Environment } from '@importer/runtime/environment'

import type { Session } from '../framework/session.ts'
import { untilAborted } from '../framework/until-aborted.ts'
import { checkCounts, checkDatabase } from './check-database.ts'
import { checkDisk, checkNode } from './check-machine.ts'
import { checkQueue, checkService, checkStorage } from './check-peers.ts'
import { checkSecrets } from './check-secrets.ts'
import { finding, ok, type Check } from './check.ts'
import { examine } from './examine.ts'

/** Looks at one thing after the other, from the machine to what runs on it. */
export async function* runChecks(session: Session): AsyncGenerator<Check> {
  const { terminal, notify, signal } = session
  // Variables that are wrong end a command before it begins, with their names.
  const environment = terminal.env.readInstallation()
  yield ok('Configuration', 'every variable that is set has a possible value')
  yield checkNode()
  yield await examine(signal, 'Disk', async () => checkDisk(environment.DATA_DIR))
  yield await examine(signal, 'Queue', async () => checkQueue(environment))
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
      if (yield* checkDatabase(database, urls, signal)) {
        yield await examine(signal, 'Storage', async () => checkStorage(database, environment))
        yield await examine(signal, 'Imports', async () => checkCounts(database))
        yield await examine(signal, 'Webhook secrets', async () => checkSecrets(database))
      }
    } finally {
      await untilAborted(signal, database.close())
    }
  }
  yield* checkService(session)
}

function findDatabase({ DATABASE_URL, DATA_DIR }: Environment): DatabaseUrls | null {
  if (DATABASE_URL !== undefined) return { url: DATABASE_URL, ownerUrl: DATABASE_URL }
  return findEmbeddedPostgres({ dataDir: DATA_DIR })
}
