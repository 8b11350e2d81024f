import { checkServiceEnvironment } from '@importer/runtime'

/** What the migration needs to know. Every variable is checked, those of others too. Throws an EnvironmentError. */
export function readEnvironment() {
  const { DATABASE_URL, DATABASE_APP_ROLE, REDIS_URL } = checkServiceEnvironment(process.env)
  return { DATABASE_URL, DATABASE_APP_ROLE, REDIS_URL }
}
