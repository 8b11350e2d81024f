import { checkEnvironment, EnvironmentError, requireOwnPorts, type Environment } from '@importer/runtime'

/** The variables as a process gets them, unchecked. */
export type RawEnvironment = Readonly<Record<string, string | undefined>>

/**
 * Of the 100 connections that the embedded PostgreSQL has, partitions may use so many: the rest is for intake,
 * webhooks, queue, reconciler and janitor, and for whoever looks on.
 */
const MAX_EMBEDDED_PARTITIONS = 50

/** Every variable is checked here, those of the children too: a bad one is reported before anything starts. */
export function readEnvironment(env: RawEnvironment): Environment {
  const read = checkEnvironment(env)
  const partitions = read.WORKER_CONCURRENCY * read.IMPORT_PARTITIONS
  if (read.DATABASE_URL === undefined && partitions > MAX_EMBEDDED_PARTITIONS) {
    throw new EnvironmentError(
      `WORKER_CONCURRENCY times IMPORT_PARTITIONS is ${partitions}; expected at most ${MAX_EMBEDDED_PARTITIONS} with the embedded PostgreSQL, or a DATABASE_URL`,
    )
  }
  // Elsewhere intake and worker may be on different machines.
  requireOwnPorts(read, ['PORT', 'METRICS_PORT', 'WORKER_PORT'])
  return read
}

/** What this process was given. */
export function ownEnvironment(): RawEnvironment {
  return process.env
}
