import { EnvironmentError, pickEnvironment } from '@importer/runtime'

export type IntakeEnvironment = ReturnType<typeof readIntakeEnvironment>

/** What the intake app needs of the environment, checked. Throws an EnvironmentError that names what is wrong. */
export function readIntakeEnvironment(env: Readonly<Record<string, string | undefined>> = process.env) {
  const { DATABASE_URL, ...picked } = pickEnvironment(
    [
      'PORT',
      'HOST',
      'PUBLIC_URL',
      'DATA_DIR',
      'DATABASE_URL',
      'REDIS_URL',
      'STORAGE_URL',
      'S3_ENDPOINT',
      'BOOTSTRAP_ORG_ID',
      'BOOTSTRAP_API_KEY',
      'UPLOAD_MAX_BYTES',
      'RATE_LIMIT_PER_MINUTE',
      'MAX_QUEUED_IMPORTS_PER_ORG',
      'WEBHOOK_ALLOW_PRIVATE_NETWORKS',
      'WEBHOOK_ALLOW_HTTP',
      'LOG_LEVEL',
    ],
    env,
  )
  // Only the supervisor brings a database along.
  if (DATABASE_URL === undefined) {
    throw new EnvironmentError(
      'DATABASE_URL is not set; expected a URL such as postgresql://user:password@host:5432/database',
    )
  }
  return { ...picked, DATABASE_URL }
}
