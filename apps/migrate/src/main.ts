/** `npm run migrate`: brings the database up to date, the queue's tables too when the queue lives there, and grants the app its rights. */
import { grantSchemaRights, migrateDatabase } from '@importer/db'
import { migrateQueue, QUEUE_SCHEMA } from '@importer/queue'

import { readEnvironment } from './env.ts'

try {
  const { DATABASE_URL: databaseUrl, DATABASE_APP_ROLE: appRole, REDIS_URL: redisUrl } = readEnvironment()
  const { applied, warning } = await migrateDatabase(databaseUrl, { appRole })
  console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`)
  if (redisUrl === undefined) {
    await migrateQueue(databaseUrl)
    if (appRole !== undefined) await grantSchemaRights(databaseUrl, { role: appRole, schema: QUEUE_SCHEMA })
  }
  if (appRole !== undefined) console.log(`The role ${appRole} has its rights.`)
  if (warning !== undefined) console.warn(`Warning: ${warning}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
// Not before its pools have closed their connections by themselves would the process end.
process.exit(0)
