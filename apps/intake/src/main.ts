import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'

import {
  checkSchema,
  createPoolerCheck,
  ensureAdminKey,
  ensureOrganization,
  isDatabaseAway,
  openDatabase,
  UNSEALED_SECRETS_WARNING,
  type Database,
} from '@importer/db'
import { openStorage } from '@importer/imports'
import { guardDatabase, startObservationServer, StillStartingError, watchPooler } from '@importer/observability'
import { createQueues, locateQueue } from '@importer/queue'
import { notifySupervisor, resolvesWithin, runProgram, waitForPeers, type ProgramParts } from '@importer/runtime'

import { createApp } from './create-app.ts'
import { prepareDocument } from './docs/write-document.ts'
import { readIntakeEnvironment, type IntakeEnvironment } from './env.ts'
import { createMetrics } from './health/metrics.ts'
import { createStorageProbe } from './health/probe-storage.ts'
import { closeServer } from './http/close-server.ts'
import { createIntakeServer } from './http/create-server.ts'
import { createDrain } from './http/drain.ts'
import { listen } from './http/listen.ts'

const MAX_DATABASE_CONNECTIONS = 10
/** As many as there are loads of reference data at once. */
const MAX_BULK_CONNECTIONS = 3
const UPLOAD_IDLE_TIMEOUT_MS = 30_000
/** It listens after this, whatever the database does. */
const FIRST_CHECK_TIMEOUT_MS = 2_000
const DEFAULT_ORG_ID = 1

// Prisma compiles queries in WebAssembly. V8's optimizing compiler would keep 60 MB for good to make that faster, a
// quarter of what this process may have; its first compiler is fast enough for the few distinct queries of this app.
setFlagsFromString('--liftoff-only')

async function start({ env, log, shutdown, times, tracing }: ProgramParts<IntakeEnvironment>): Promise<void> {
  if (env.SECRETS_KEY === undefined) log.warn(UNSEALED_SECRETS_WARNING)
  const database = openDatabase({
    url: env.DATABASE_URL,
    applicationName: 'intake',
    maxConnections: MAX_DATABASE_CONNECTIONS,
    onConnectionLost: (error) => log.warn({ err: error }, 'a database connection broke'),
    secretsKeys: env.SECRETS_KEY,
  })
  shutdown.add('database', () => database.close())
  const bulkDatabase = openDatabase({
    url: env.DATABASE_URL,
    applicationName: 'intake-loads',
    maxConnections: MAX_BULK_CONNECTIONS,
    onConnectionLost: (error) => log.warn({ err: error }, 'a database connection broke'),
  })
  shutdown.add('database of loads', () => bulkDatabase.close())

  const { store } = await openStorage(database, {
    storageUrl: env.STORAGE_URL,
    dataDir: env.DATA_DIR,
    s3Endpoint: env.S3_ENDPOINT,
  })
  shutdown.add('file store', () => store.close())

  const queues = createQueues({ backend: locateQueue(env), log })
  shutdown.add('queues', () => queues.close())
  const producer = queues.producer('import')
  const prepareProducer = queues.producer('prepare')
  const revertProducer = queues.producer('revert')

  const drain = createDrain()
  const stopping = new AbortController()
  let isBootstrapped = false
  const databaseGuard = guardDatabase({
    checkSchema: async () => checkSchema(database),
    checkPooler: createPoolerCheck(env.DATABASE_URL),
    log,
  })
  const readinessChecks = {
    database: async () => {
      await databaseGuard.check()
      // Who waits for a 200 goes on with the key at once.
      if (!isBootstrapped)
        throw new StillStartingError('the organization and the API key of the start are not stored yet')
    },
    queue: async () => queues.ping(),
    storage: createStorageProbe(store),
  }
  const metrics = createMetrics()
  const app = createApp({
    databases: database,
    bulkDatabases: bulkDatabase,
    systemDatabase: database,
    store,
    enqueueImport: (payload, jobId) => producer.enqueue(payload, { jobId }),
    enqueuePreparation: (payload, jobId) => prepareProducer.enqueue(payload, { jobId }),
    enqueueRevert: (payload, jobId) => revertProducer.enqueue(payload, { jobId }),
    readinessChecks,
    databaseGuard,
    metrics,
    offersMetrics: env.METRICS_PORT === undefined,
    log,
    tracing,
    uploadMaxBytes: env.UPLOAD_MAX_BYTES,
    uploadIdleTimeoutMs: UPLOAD_IDLE_TIMEOUT_MS,
    publicUrl: env.PUBLIC_URL,
    corsOrigins: env.CORS_ORIGINS ?? [],
    rateLimitPerMinute: env.RATE_LIMIT_PER_MINUTE,
    maxQueuedImportsPerOrg: env.MAX_QUEUED_IMPORTS_PER_ORG,
    maxStoredBytesPerOrg: env.MAX_STORED_BYTES_PER_ORG,
    draining: shutdown.signal,
    stopping: stopping.signal,
    webhookPolicy: {
      allowHttp: env.WEBHOOK_ALLOW_HTTP,
      allowPrivateNetworks: env.WEBHOOK_ALLOW_PRIVATE_NETWORKS,
    },
  })
  prepareDocument(env.PUBLIC_URL)
  if (env.METRICS_PORT !== undefined) {
    const observation = await startObservationServer({
      port: env.METRICS_PORT,
      host: env.HOST,
      registry: metrics.registry,
      checks: readinessChecks,
      log,
      stopping: shutdown.signal,
    })
    shutdown.add('metrics server', async () => observation.close())
  }
  // Where all is well, its first request finds it open.
  await resolvesWithin(databaseGuard.check(), FIRST_CHECK_TIMEOUT_MS).catch((error: unknown) =>
    log.debug({ err: error }, 'the database cannot be worked with yet'),
  )
  const server = createIntakeServer(app, { drain })
  await listen(server, { port: env.PORT, host: env.HOST })
  shutdown.add('http server', async () => {
    drain.begin()
    const drainMs = env.SHUTDOWN_DRAIN_SECONDS * 1000
    await delay(drainMs)
    stopping.abort()
    await closeServer(server, times.workMs - drainMs, () => metrics.countInFlight())
  })
  log.info({ host: env.HOST, port: env.PORT, metricsPort: env.METRICS_PORT }, 'listening')
  const checkDatabase = async () =>
    databaseGuard.check().catch((error: unknown) => {
      if (isDatabaseAway(error)) notifySupervisor({ type: 'waiting', reason: error.message })
      throw error
    })
  const waitForDatabase = async () =>
    waitForPeers({ checks: { database: checkDatabase }, log, signal: stopping.signal })
  // Until then it serves what it can, and says at /readyz what is missing.
  if (!(await waitForDatabase())) return
  await bootstrap(env, database)
  isBootstrapped = true
  notifySupervisor({ type: 'ready' })
  do {
    await watchPooler(databaseGuard, { signal: stopping.signal, everyMs: env.POOLER_CHECK_SECONDS * 1_000 })
  } while (await waitForDatabase())
}

async function bootstrap(env: IntakeEnvironment, database: Database): Promise<void> {
  const { BOOTSTRAP_ORG_ID: orgId, BOOTSTRAP_API_KEY: apiKey } = env
  if (orgId !== undefined) await ensureOrganization(database, orgId)
  if (apiKey === undefined) return
  // A key that the operator gives is to work. The one that npm start made is only offered: revoked, it stays so.
  const revive = !(await isKeptKey(env.DATA_DIR, apiKey))
  await ensureAdminKey(database, { orgId: orgId ?? DEFAULT_ORG_ID, apiKey, revive })
}

/** Whether a key is the one that `npm start` made and keeps in `DATA_DIR/api-key`. */
async function isKeptKey(dataDir: string, key: string): Promise<boolean> {
  try {
    return (await readFile(path.join(dataDir, 'api-key'), 'utf8')).trim() === key
  } catch {
    // There is none, or none that we may read.
    return false
  }
}

await runProgram({ name: 'intake', readEnvironment: readIntakeEnvironment, start, exit: (code) => process.exit(code) })
