import type { Database, OrganizationDatabases } from '@importer/db'
import type { DatabaseGuard, ReadinessChecks } from '@importer/observability'
import type { FileStore } from '@importer/file-store'
import type { Logger, Tracing } from '@importer/runtime'
import type { ReceiverPolicy } from '@importer/webhooks'

import type { Metrics } from './health/metrics.ts'

export type Log = Pick<Logger, 'info' | 'warn' | 'error' | 'child'>

/** Everything that the app stands on. */
export interface IntakeDependencies {
  readonly databases: OrganizationDatabases
  /** The same database by connections of their own: those of loads, which no poll waits for. */
  readonly bulkDatabases: OrganizationDatabases
  /** For looking up whose key or session it is, before anybody knows the organization. Nothing else uses it. */
  readonly systemDatabase: Database
  readonly store: FileStore
  /** Adds the job that makes a worker pick up the import. */
  readonly enqueueImport: (payload: { readonly importId: number }, jobId: string) => Promise<unknown>
  /** Adds the job that makes a worker make the file of a retry. */
  readonly enqueuePreparation: (payload: { readonly importId: number }, jobId: string) => Promise<unknown>
  /** Adds the job that makes a worker revert the import. */
  readonly enqueueRevert: (payload: { readonly importId: number }, jobId: string) => Promise<unknown>
  readonly readinessChecks: ReadinessChecks
  /** While it has a fault, no route of an API is served. */
  readonly databaseGuard: Pick<DatabaseGuard, 'fault'>
  readonly metrics: Metrics
  /** Whether `/metrics` is one of the app's own routes; otherwise it has a port of its own. */
  readonly offersMetrics: boolean
  readonly log: Log
  /** Follows an upload from its request on, where that is wanted. */
  readonly tracing: Tracing
  /** The most that an uploaded file may have, and the body of any other request. */
  readonly uploadMaxBytes: number
  /** A body that stands still for so long is given up. */
  readonly uploadIdleTimeoutMs: number
  /** Where links begin; undefined: as the request came. */
  readonly publicUrl: string | undefined
  /** Origins whose pages may call the API, such as https://shop.example.com. */
  readonly corsOrigins: readonly string[]
  /** Where webhooks may be sent to. */
  readonly webhookPolicy: ReceiverPolicy
  /** How many requests a key may make in a minute; undefined: any number. */
  readonly rateLimitPerMinute: number | undefined
  /** How many imports of an organization may wait at once; undefined: any number. */
  readonly maxQueuedImportsPerOrg: number | undefined
  /** How many bytes the files of an organization may have together; undefined: any number. */
  readonly maxStoredBytesPerOrg: number | undefined
  /** Aborted when the process begins to drain: `/readyz` is 503, and requests are still served. */
  readonly draining: AbortSignal
  /** Aborted when the process is to end: answers that would go on for ever are ended. */
  readonly stopping: AbortSignal
}
