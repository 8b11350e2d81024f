import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { checkSchema, createApiKey, openDatabase, type SystemDatabase } from '@importer/db'
import { createFileStore, type FileStore } from '@importer/file-store'
import { createQueues } from '@importer/queue'
import { createLog, NO_TRACING } from '@importer/runtime'

import { afterFile } from '../../../tests/support/after-file.ts'
import { makeTemporaryFolder } from '../../../tests/support/temporary-folder.ts'
import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { createApp } from '../src/create-app.ts'
import type { IntakeDependencies } from '../src/dependencies.ts'
import { createMetrics } from '../src/health/metrics.ts'
import { createStorageProbe } from '../src/health/probe-storage.ts'
import { closeServer } from '../src/http/close-server.ts'
import { createIntakeServer, type ServerOptions } from '../src/http/create-server.ts'

export const ORG = 9619
export const OTHER_ORG = 4711
/** A series of ORG, and one of OTHER_ORG only. */
export const SERIES = 953234
export const OTHER_SERIES = 700007

export interface TestIntake {
  readonly url: string
  readonly port: number
  readonly database: SystemDatabase
  readonly databaseUrl: string
  /** Of the same database as a superuser. */
  readonly ownerUrl: string
  readonly store: FileStore
  /** Keys of ORG by role, one that was revoked, and one of OTHER_ORG. */
  readonly keys: { read: string; write: string; admin: string; revoked: string; other: string }
  /** Every line of the log so far. */
  readonly logged: string[]
  /** What is stored: rows in the database, files on the disk (unfinished ones too), jobs in the queue. */
  countStored(): Promise<{ imports: number; files: number; jobs: number }>
  /** Ends it before the test file is done, which ends it otherwise. */
  stop(): Promise<void>
}

/** The real app on a free port, over a real database, queue and disk of its own. */
export async function startIntake({
  headTimeoutMs,
  ...overrides
}: Partial<IntakeDependencies> & Pick<ServerOptions, 'headTimeoutMs'> = {}): Promise<TestIntake> {
  const { url: databaseUrl, ownerUrl } = await createTestDatabase()
  const root = await makeTemporaryFolder()
  const logged: string[] = []
  const log = createLog({ name: 'intake', level: 'debug', destination: { write: (line) => logged.push(line) } })
  const database = openDatabase({
    url: databaseUrl,
    applicationName: 'intake-test',
    maxConnections: 4,
    onConnectionLost: (error) => log.warn({ err: error }, 'connection lost'),
  })
  const store = await createFileStore({ storageUrl: undefined, dataDir: root, s3Endpoint: undefined })
  const queues = createQueues({ backend: { kind: 'postgres', databaseUrl }, log })
  const producer = queues.producer('import')
  const prepareProducer = queues.producer('prepare')
  const revertProducer = queues.producer('revert')
  const stopping = new AbortController()
  const deps: IntakeDependencies = {
    databases: database,
    bulkDatabases: database,
    systemDatabase: database,
    store,
    enqueueImport: (payload, jobId) => producer.enqueue(payload, { jobId }),
    enqueuePreparation: (payload, jobId) => prepareProducer.enqueue(payload, { jobId }),
    enqueueRevert: (payload, jobId) => revertProducer.enqueue(payload, { jobId }),
    readinessChecks: {
      database: () => checkSchema(database),
      queue: () => queues.ping(),
      storage: createStorageProbe(store),
    },
    databaseGuard: { fault: null },
    metrics: createMetrics(),
    offersMetrics: true,
    log,
    tracing: NO_TRACING,
    uploadMaxBytes: 1024 * 1024,
    uploadIdleTimeoutMs: 30_000,
    publicUrl: undefined,
    corsOrigins: [],
    rateLimitPerMinute: undefined,
    maxQueuedImportsPerOrg: undefined,
    maxStoredBytesPerOrg: undefined,
    draining: stopping.signal,
    stopping: stopping.signal,
    webhookPolicy: { allowHttp: false, allowPrivateNetworks: false },
    ...overrides,
  }
  const keys = await seed(database)
  const server: Server = createIntakeServer(createApp(deps), headTimeoutMs === undefined ? {} : { headTimeoutMs })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => (stopped ??= close())
  const close = async (): Promise<void> => {
    stopping.abort()
    await closeServer(server, 0, () => 0)
    await queues.close()
    await store.close()
    await database.close()
  }
  afterFile(stop)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    database,
    databaseUrl,
    ownerUrl,
    store,
    keys,
    logged,
    async countStored() {
      const entries = await readdir(root, { recursive: true, withFileTypes: true })
      return {
        imports: await database.prisma.import.count(),
        files: entries.filter((entry) => entry.isFile()).length,
        jobs: await producer.countWaiting(),
      }
    },
    stop,
  }
}

async function seed(database: SystemDatabase): Promise<TestIntake['keys']> {
  const makeKey = async (orgId: number, role: 'read' | 'write' | 'admin') => createApiKey(database, { orgId, role })
  const read = await makeKey(ORG, 'read')
  const write = await makeKey(ORG, 'write')
  const admin = await makeKey(ORG, 'admin')
  const revoked = await makeKey(ORG, 'admin')
  const other = await makeKey(OTHER_ORG, 'admin')
  await database.prisma.apiKey.update({ where: { id: revoked.id }, data: { revokedAt: new Date() } })
  await database.prisma.series.createMany({
    data: [
      { orgId: ORG, id: SERIES },
      { orgId: OTHER_ORG, id: OTHER_SERIES },
    ],
  })
  return { read: read.key, write: write.key, admin: admin.key, revoked: revoked.key, other: other.key }
}
