import { openDatabase } from '@importer/db'
import {
  createFileStore,
  createLog,
  createQueues,
  createShutdown,
  EnvironmentError,
  listenForSignals,
  type Logger,
  type Shutdown,
} from '@importer/runtime'

import { readWorkerEnvironment, type WorkerEnvironment } from './env.ts'
import { createImportProcessor } from './process-import.ts'
import { startSweeping } from './start-sweeping.ts'

/** Connections beside those of the lanes: sweep, claims, checks. */
const SPARE_CONNECTIONS = 4
const SHUTDOWN_DEADLINE_MS = 15_000

async function start(env: WorkerEnvironment, log: Logger, shutdown: Shutdown): Promise<void> {
  const database = openDatabase({
    url: env.DATABASE_URL,
    applicationName: 'worker',
    maxConnections: env.WORKER_CONCURRENCY * env.IMPORT_LANES + SPARE_CONNECTIONS,
    onConnectionLost: (error) => log.warn({ err: error }, 'a database connection broke'),
  })
  shutdown.add('database', () => database.close())

  const store = await createFileStore({
    storageUrl: env.STORAGE_URL,
    dataDir: env.DATA_DIR,
    s3Endpoint: env.S3_ENDPOINT,
  })
  shutdown.add('file store', () => store.close())

  const backend =
    env.REDIS_URL === undefined
      ? ({ kind: 'postgres', databaseUrl: env.DATABASE_URL } as const)
      : ({ kind: 'redis', redisUrl: env.REDIS_URL } as const)
  const queues = createQueues({ backend, log })
  shutdown.add('queues', () => queues.close())
  const producer = queues.producer('import')

  shutdown.add('sweep', startSweeping({ database, store, queue: producer, log }))

  const processor = createImportProcessor({
    database,
    store,
    producer,
    log,
    laneCount: env.IMPORT_LANES,
    batchRows: env.IMPORT_BATCH_ROWS,
  })
  const consumer = queues.consume('import', processor, { concurrency: env.WORKER_CONCURRENCY })
  shutdown.add('import consumer', () => consumer.close())

  // The supervisor, when it is one that started this process, waits for it.
  process.send?.({ type: 'ready' })
}

async function main(): Promise<void> {
  const env = readWorkerEnvironment()
  const log = createLog({ name: 'worker', level: env.LOG_LEVEL })
  const shutdown = createShutdown({ log, deadlineMs: SHUTDOWN_DEADLINE_MS })
  const stop = async (reason: string, exitCode: number): Promise<never> => {
    const clean = await shutdown.run(reason)
    process.exit(clean ? exitCode : 1)
  }
  listenForSignals((reason) => {
    stop(reason, 0).catch((error: unknown) => log.fatal({ err: error }, 'stopping failed'))
  })
  try {
    await start(env, log, shutdown)
  } catch (error) {
    log.fatal({ err: error }, 'the worker could not start')
    await stop('failed start', 1)
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof EnvironmentError ? error.message : String(error)}\n`)
  process.exit(1)
})
