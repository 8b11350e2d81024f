import type { JobName } from '@importer/contracts'
import {
  checkSchema,
  createPoolerCheck,
  openDatabase,
  UNSEALED_SECRETS_WARNING,
  wakeUnsigned,
  type SystemDatabase,
} from '@importer/db'
import { openStorage, recordStorageUnavailable } from '@importer/imports'
import { guardDatabase, startObservationServer, watchPooler } from '@importer/observability'
import { createQueues, locateQueue, type JobProcessor } from '@importer/queue'
import {
  notifySupervisor,
  runProgram,
  waitForPeers,
  type Logger,
  type ProgramParts,
  type Shutdown,
  type Tracing,
} from '@importer/runtime'

import { deliverWebhooks, type WebhookDelivery } from './deliver-webhooks.ts'
import { readWorkerEnvironment, type WorkerEnvironment } from './env.ts'
import { createWorkerMetrics, type WorkerMetrics } from './metrics.ts'
import { createImportProcessor } from './process-import.ts'
import { createPreparationProcessor } from './process-preparation.ts'
import { createRevertProcessor } from './process-revert.ts'
import { startMaintenance } from './start-maintenance.ts'
import { takeJobs } from './take-jobs.ts'

/** Connections beside those of the partitions: maintenance, claims, checks. */
const SPARE_CONNECTIONS = 4
/** Of the webhooks' own: however many of them there are, no import waits for a connection. */
const WEBHOOK_CONNECTIONS = 4
/** They share the processor: two, so that a short one has not to wait for a long one. */
const PREPARATIONS_AT_ONCE = 2

async function start({ env, log, shutdown, times, tracing, end }: ProgramParts<WorkerEnvironment>): Promise<void> {
  if (env.SECRETS_KEY === undefined) log.warn(UNSEALED_SECRETS_WARNING)
  for (const { oldName, name } of env.oldNames) {
    log.warn(
      { variable: oldName },
      `${oldName} is the old name of ${name} and is read for this version only: set ${name}`,
    )
  }
  const database = openDatabase({
    url: env.DATABASE_URL,
    applicationName: 'worker',
    maxConnections: env.WORKER_CONCURRENCY * env.IMPORT_PARTITIONS + SPARE_CONNECTIONS,
    onConnectionLost: (error) => log.warn({ err: error }, 'a database connection broke'),
  })
  shutdown.add('database', () => database.close())

  const { store, identity } = await openStorage(database, {
    storageUrl: env.STORAGE_URL,
    dataDir: env.DATA_DIR,
    s3Endpoint: env.S3_ENDPOINT,
  })
  shutdown.add('file store', () => store.close())

  const queues = createQueues({ backend: locateQueue(env), log })
  shutdown.add('queues', () => queues.close())
  // Imports that this worker cannot take for it say what they wait for.
  const onStorageUnavailable = async (error: unknown) => recordStorageUnavailable({ database, log }, error)
  const databaseGuard = guardDatabase({
    checkSchema: async () => checkSchema(database),
    checkPooler: createPoolerCheck(env.DATABASE_URL),
    log,
  })
  const checks = {
    database: async () => databaseGuard.check(),
    queue: async () => queues.ping(),
    storage: async () => store.ping(),
  }
  const webhookDatabase = openWebhookDatabase(env, log)
  shutdown.add('webhook database', () => webhookDatabase.close())
  const metrics = createWorkerMetrics({ database, pools: [database, webhookDatabase] })
  if (env.WORKER_PORT !== undefined) {
    const observation = await startObservationServer({
      port: env.WORKER_PORT,
      host: env.HOST,
      registry: metrics.registry,
      checks,
      log,
      stopping: shutdown.signal,
    })
    shutdown.add('health and metrics', async () => observation.close())
    log.info({ host: env.HOST, port: observation.port }, 'health and metrics are served')
  }
  // Whatever is away now may come later.
  notifySupervisor({ type: 'ready' })
  const startChecks = {
    ...checks,
    storage: async () =>
      checks.storage().catch(async (error: unknown) => {
        await onStorageUnavailable(error)
        throw error
      }),
  }
  if (!(await waitForPeers({ checks: startChecks, log, signal: shutdown.signal }))) return
  const producer = queues.producer('import')

  shutdown.add(
    'maintenance',
    startMaintenance({
      database,
      webhookDatabase,
      databaseUrl: env.DATABASE_URL,
      store,
      queue: producer,
      prepareQueue: queues.producer('prepare'),
      revertQueue: queues.producer('revert'),
      log,
      retentionDays: env.RETENTION_DAYS,
    }),
  )

  await wakeUnsignedDeliveries(webhookDatabase, log)
  const webhooks = startWebhooks(env, webhookDatabase, metrics, { log, tracing, shutdown })

  // Each of them may end an import, which webhooks notify of.
  const thenPoke =
    <Name extends JobName>(work: JobProcessor<Name>): JobProcessor<Name> =>
    async (payload, context) => {
      await work(payload, context)
      webhooks.poke()
    }
  const processImport = createImportProcessor({
    database,
    store,
    producer,
    log,
    tracing,
    partitionCount: env.IMPORT_PARTITIONS,
    batchRows: env.IMPORT_BATCH_ROWS,
    observer: metrics.imports,
  })
  // Few at a time, and beside the imports: a retry or a workbook of millions of rows keeps no small file waiting.
  const prepare = createPreparationProcessor({ database, store, producer, log, tracing, observer: metrics.imports })
  // Both need the storage.
  const consume = () => [
    queues.consume('import', thenPoke<'import'>(processImport), { concurrency: env.WORKER_CONCURRENCY }),
    queues.consume('prepare', thenPoke<'prepare'>(prepare), { concurrency: PREPARATIONS_AT_ONCE }),
  ]
  const stopTaking = takeJobs({ identity, consume, onStorageUnavailable, log, closeDeadlineMs: times.workMs })
  const revert = createRevertProcessor({
    database,
    producer: queues.producer('revert'),
    log,
    tracing,
    onReverted: () => metrics.countReverted(),
  })
  const reverts = queues.consume('revert', thenPoke<'revert'>(revert), { concurrency: 1 })
  // All at once: while one job comes to its end, nobody takes another one that the process has no time for.
  shutdown.add('jobs', async () => {
    const ended = await Promise.all([
      stopTaking(),
      reverts.close({ deadlineMs: times.workMs }),
      webhooks.stop(times.workMs),
    ])
    if (ended.includes(false)) throw new Error('jobs still ran at the end of their time; other workers go on with them')
  })

  await watchPooler(databaseGuard, { signal: shutdown.signal, everyMs: env.POOLER_CHECK_SECONDS * 1_000 })
  if (shutdown.signal.aborted) return
  // Jobs under way would go on in sessions of others. Started again, it waits for another mode before it takes any.
  log.fatal(`the worker ends: ${databaseGuard.fault}`)
  await end('a pooler in transaction mode')
}

/** Webhooks have connections of their own, to the database and to the queue: whatever they do, no import waits. */
function openWebhookDatabase(env: WorkerEnvironment, log: Logger): SystemDatabase {
  return openDatabase({
    url: env.DATABASE_URL,
    applicationName: 'worker-webhooks',
    maxConnections: WEBHOOK_CONNECTIONS,
    onConnectionLost: (error) => log.warn({ err: error }, 'a database connection broke'),
    secretsKeys: env.SECRETS_KEY,
  })
}

/** Deliveries that waited for a key that this worker has are due at once. */
async function wakeUnsignedDeliveries(database: SystemDatabase, log: Logger): Promise<void> {
  try {
    await wakeUnsigned(database, new Date())
  } catch (error) {
    log.warn({ err: error }, 'webhooks whose secret could not be opened wait on, each until its next attempt')
  }
}

function startWebhooks(
  env: WorkerEnvironment,
  database: SystemDatabase,
  metrics: WorkerMetrics,
  { log, tracing, shutdown }: { readonly log: Logger; readonly tracing: Tracing; readonly shutdown: Shutdown },
): WebhookDelivery {
  const queues = createQueues({ backend: locateQueue(env), log })
  shutdown.add('webhook queues', () => queues.close())
  const policy = {
    allowHttp: env.WEBHOOK_ALLOW_HTTP,
    allowPrivateNetworks: env.WEBHOOK_ALLOW_PRIVATE_NETWORKS,
  }
  return deliverWebhooks({
    database,
    queues,
    log,
    tracing,
    policy,
    onAttempt: (result) => metrics.countWebhookAttempt(result),
  })
}

await runProgram({ name: 'worker', readEnvironment: readWorkerEnvironment, start, exit: (code) => process.exit(code) })
