import { ENVIRONMENT, pickEnvironment, type Environment, type EnvironmentName } from '@importer/runtime'

/** The variables as a process gets them, unchecked. */
export type RawEnvironment = Readonly<Record<string, string | undefined>>

/** Every variable is checked here, those of the children too: a bad one is told before anything starts. */
export function readEnvironment(env: RawEnvironment): Environment {
  return pickEnvironment(Object.keys(ENVIRONMENT) as EnvironmentName[], env)
}

/** What this process was given. */
export function ownEnvironment(): RawEnvironment {
  return process.env
}
