import { grantSchemaRights, migrateDatabase } from '@importer/db'
import type { DatabaseUrls } from '@importer/embedded-postgres'
import { migrateQueue, QUEUE_SCHEMA } from '@importer/queue'

/**
 * Brings an empty database up to date as `npm run migrate` does with DATABASE_APP_ROLE: the owner makes everything, the role of
 * the app gets its rights.
 */
export async function migrateForApp({ url, ownerUrl }: DatabaseUrls): Promise<void> {
  const appRole = decodeURIComponent(new URL(url).username)
  await migrateDatabase(ownerUrl, { appRole })
  await migrateQueue(ownerUrl)
  await grantSchemaRights(ownerUrl, { role: appRole, schema: QUEUE_SCHEMA })
}
