/** `npm run migrate`: brings the database up to date, the queue's tables too when the queue lives there, and grants the app its rights. */
import { setTimeout as delay } from 'node:timers/promises'

import { grantSchemaRights, isDatabaseAway, migrateDatabase } from '@importer/db'
import { migrateQueue, QUEUE_SCHEMA } from '@importer/queue'
import { notifySupervisor } from '@importer/runtime'

import { readEnvironment } from './env.ts'

const TRY_AGAIN_MS = 1_000

process.once('disconnect', () => process.exit(1))
try {
  const environment = readEnvironment()
  // A person who runs this gets the error at once; `npm start`, which this process is connected to, waits for the database.
  while (!(await migrateUnlessAway(environment, process.connected))) await delay(TRY_AGAIN_MS)
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
// Not before its pools have closed their connections by themselves would the process end.
process.exit(0)

type MigrationEnvironment = ReturnType<typeof readEnvironment>

/** False: the database is away, and may be waited for. Whatever was done until then is found done. */
async function migrateUnlessAway(environment: MigrationEnvironment, mayWait: boolean): Promise<boolean> {
  try {
    await migrate(environment)
    return true
  } catch (error) {
    if (!mayWait || !isDatabaseAway(error)) throw error
    notifySupervisor({ type: 'waiting', reason: error.message })
    return false
  }
}

async function migrate(environment: MigrationEnvironment): Promise<void> {
  const { DATABASE_URL: databaseUrl, DATABASE_APP_ROLE: appRole, REDIS_URL: redisUrl } = environment
  const { applied, warning } = await migrateDatabase(databaseUrl, { appRole })
  console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`)
  if (redisUrl === undefined) {
    await migrateQueue(databaseUrl)
    if (appRole !== undefined) await grantSchemaRights(databaseUrl, { role: appRole, schema: QUEUE_SCHEMA })
  }
  if (appRole !== undefined) console.log(`The role ${appRole} has its rights.`)
  if (warning !== undefined) console.warn(`Warning: ${warning}`)
}
