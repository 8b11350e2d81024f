/** `npm run migrate`: brings the database up to date, the queue's tables too when the queue lives there. */
import { migrateDatabase } from '@importer/db'
import { migrateQueue } from '@importer/queue'

import { readEnvironment } from './env.ts'

try {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = readEnvironment()
  const { applied } = await migrateDatabase(databaseUrl)
  console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`)
  if (redisUrl === undefined) await migrateQueue(databaseUrl)
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
// Not before its pools have closed their connections by themselves would the process end.
process.exit(0)
