import { checkServiceEnvironment, listOldNames } from '@importer/runtime'

export type WorkerEnvironment = ReturnType<typeof readWorkerEnvironment>

/** What the worker needs of the environment. Every variable is checked, those of others too. Throws an EnvironmentError that names what is wrong. */
export function readWorkerEnvironment(env: Readonly<Record<string, string | undefined>> = process.env) {
  return { ...checkServiceEnvironment(env), oldNames: listOldNames(env) }
}
