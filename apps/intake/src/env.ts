import { checkEnvironment, EnvironmentError } from '@importer/runtime'

export type IntakeEnvironment = ReturnType<typeof readIntakeEnvironment>

/** What the intake app needs of the environment. Every variable is checked, those of others too. Throws an EnvironmentError that names what is wrong. */
export function readIntakeEnvironment(env: Readonly<Record<string, string | undefined>> = process.env) {
  const { DATABASE_URL, ...others } = checkEnvironment(env)
  // Only the supervisor brings a database along.
  if (DATABASE_URL === undefined) {
    throw new EnvironmentError(
      'DATABASE_URL is not set; expected a URL such as postgresql://user:password@host:5432/database',
    )
  }
  const { SHUTDOWN_DRAIN_SECONDS: drain, SHUTDOWN_TIMEOUT_SECONDS: timeout } = others
  if (drain > timeout / 2) {
    throw new EnvironmentError(
      `SHUTDOWN_DRAIN_SECONDS is ${drain}; expected at most half of SHUTDOWN_TIMEOUT_SECONDS, which is ${timeout}: uploads under way need the rest`,
    )
  }
  return { ...others, DATABASE_URL }
}
