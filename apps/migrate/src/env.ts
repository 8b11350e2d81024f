import { pickEnvironment } from '@importer/runtime'

/** What the migration needs to know. Throws an EnvironmentError. */
export function readEnvironment() {
  return pickEnvironment(['DATABASE_URL', 'REDIS_URL'], process.env)
}
