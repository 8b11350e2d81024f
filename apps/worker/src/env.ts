import { checkEnvironment, EnvironmentError, listOldNames } from '@importer/runtime'

export type WorkerEnvironment = ReturnType<typeof readWorkerEnvironment>

/** What the worker needs of the environment. Every variable is checked, those of others too. Throws an EnvironmentError that names what is wrong. */
export function readWorkerEnvironment(env: Readonly<Record<string, string | undefined>> = process.env) {
  const { DATABASE_URL, ...others } = checkEnvironment(env)
  // Only the supervisor brings a database along.
  if (DATABASE_URL === undefined) {
    throw new EnvironmentError(
      'DATABASE_URL is not set; expected a URL such as postgresql://user:password@host:5432/database',
    )
  }
  return { ...others, DATABASE_URL, oldNames: listOldNames(env) }
}
