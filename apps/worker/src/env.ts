import { EnvironmentError, pickEnvironment } from '@importer/runtime'

export type WorkerEnvironment = ReturnType<typeof readWorkerEnvironment>

/** What the worker needs of the environment, checked. Throws an EnvironmentError that names what is wrong. */
export function readWorkerEnvironment(env: Readonly<Record<string, string | undefined>> = process.env) {
  const { DATABASE_URL, ...picked } = pickEnvironment(
    [
      'DATA_DIR',
      'DATABASE_URL',
      'REDIS_URL',
      'STORAGE_URL',
      'S3_ENDPOINT',
      'WORKER_CONCURRENCY',
      'IMPORT_LANES',
      'IMPORT_BATCH_ROWS',
      'RETENTION_DAYS',
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
