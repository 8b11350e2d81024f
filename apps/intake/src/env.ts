import { checkServiceEnvironment, EnvironmentError } from '@importer/runtime'

export type IntakeEnvironment = ReturnType<typeof readIntakeEnvironment>

/** What the intake app needs of the environment. Every variable is checked, those of others too. Throws an EnvironmentError that names what is wrong. */
export function readIntakeEnvironment(env: Readonly<Record<string, string | undefined>> = process.env) {
  const environment = checkServiceEnvironment(env)
  const { SHUTDOWN_DRAIN_SECONDS: drain, SHUTDOWN_TIMEOUT_SECONDS: timeout } = environment
  if (drain > timeout / 2) {
    throw new EnvironmentError(
      `SHUTDOWN_DRAIN_SECONDS is ${drain}; expected at most half of SHUTDOWN_TIMEOUT_SECONDS, which is ${timeout}: uploads under way need the rest`,
    )
  }
  return environment
}
