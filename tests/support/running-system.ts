import { chooseFreePort, type DatabaseUrls } from '@importer/embedded-postgres'

import { startApp, type AppProcess } from './app-process.ts'
import { ImporterClient } from './importer-client.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'

export const TEST_ORG = 9619
/** Who acts where a test acts by itself. */
export const TEST_ACTOR = { type: 'system', name: 'test' } as const
export const TEST_KEY = 'test-key-0123456789abcdef'

export interface SystemOptions {
  /** By default a new, empty database. */
  readonly database?: DatabaseUrls
  /** Another way to the same database, for the worker alone. */
  readonly workerDatabaseUrl?: string
  /** By default the queue is in the database. */
  readonly redisUrl?: string | undefined
  readonly partitions?: number
  readonly batchRows?: number
  readonly concurrency?: number
  /** Further variables, for both processes. */
  readonly env?: Readonly<Record<string, string>>
  /** Further variables, for the intake app alone. */
  readonly intakeEnv?: Readonly<Record<string, string>>
  /** Further variables, for the worker alone. */
  readonly workerEnv?: Readonly<Record<string, string>>
  /** Gets each line that any of its processes prints, as it comes. */
  readonly onLine?: (line: string) => void
}

/** Intake and worker as two real processes over one database, queue and folder. */
export interface RunningSystem {
  readonly client: ImporterClient
  /** As intake and worker have it. */
  readonly databaseUrl: string
  /** As a superuser, who may look at everything and break it. */
  readonly ownerUrl: string
  readonly dataDir: string
  readonly port: number
  readonly intake: AppProcess
  /** The worker that was started last. */
  readonly worker: AppProcess
  /** Starts another worker beside those that run. */
  startWorker(): Promise<AppProcess>
  /** Starts the intake app again, on its port; the one before must have ended. */
  startIntake(): Promise<AppProcess>
  stop(): Promise<void>
}

/** What intake and worker of one system have in common. */
export interface SharedParts {
  readonly databaseUrl: string
  readonly dataDir: string
  readonly options: Omit<SystemOptions, 'database'>
}

function describeParts({ databaseUrl, dataDir, options }: SharedParts): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    ...(options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl }),
    LOG_LEVEL: 'info',
    ...options.env,
  }
}

/** An intake app at `port` that knows the test's organization and key. `file`: another program than that of this checkout. */
export async function startIntakeApp(
  parts: SharedParts,
  port: number,
  env: Readonly<Record<string, string>> = {},
  file?: string,
): Promise<AppProcess> {
  return startApp('intake', {
    file,
    onLine: parts.options.onLine,
    env: {
      ...describeParts(parts),
      PORT: String(port),
      BOOTSTRAP_ORG_ID: String(TEST_ORG),
      BOOTSTRAP_API_KEY: TEST_KEY,
      ...parts.options.intakeEnv,
      ...env,
    },
  })
}

/** `env` wins over what the parts give. `file`: another program than that of this checkout. */
export async function startWorkerApp(
  parts: SharedParts,
  env: Readonly<Record<string, string>> = {},
  file?: string,
): Promise<AppProcess> {
  const { options, databaseUrl } = parts
  return startApp('worker', {
    file,
    onLine: options.onLine,
    env: {
      ...describeParts(parts),
      ...options.workerEnv,
      DATABASE_URL: options.workerDatabaseUrl ?? databaseUrl,
      IMPORT_PARTITIONS: String(options.partitions ?? 2),
      IMPORT_BATCH_ROWS: String(options.batchRows ?? 100),
      WORKER_CONCURRENCY: String(options.concurrency ?? 2),
      ...env,
    },
  })
}

/** The given database, or a new, empty one: that only vitest can give, which other programs cannot load. */
export async function findOrCreateDatabase(database: DatabaseUrls | undefined): Promise<DatabaseUrls> {
  if (database !== undefined) return database
  const { createTestDatabase } = await import('./test-database.ts')
  return createTestDatabase()
}

export async function startSystem(options: SystemOptions = {}): Promise<RunningSystem> {
  const { url: databaseUrl, ownerUrl } = await findOrCreateDatabase(options.database)
  const dataDir = await makeTemporaryFolder()
  const port = await chooseFreePort()
  const parts = { databaseUrl, dataDir, options }
  const startIntake = async (): Promise<AppProcess> => startIntakeApp(parts, port)
  const startWorker = async (): Promise<AppProcess> => startWorkerApp(parts)
  const [intake, worker] = await Promise.all([startIntake(), startWorker()])
  const state = { intake, worker, all: new Set([intake, worker]) }
  return {
    client: new ImporterClient(`http://127.0.0.1:${port}`, TEST_KEY),
    databaseUrl,
    ownerUrl,
    dataDir,
    port,
    get intake() {
      return state.intake
    },
    get worker() {
      return state.worker
    },
    async startWorker() {
      state.worker = await startWorker()
      state.all.add(state.worker)
      return state.worker
    },
    async startIntake() {
      state.intake = await startIntake()
      state.all.add(state.intake)
      return state.intake
    },
    async stop() {
      await Promise.all([...state.all].map(async (app) => app.kill('SIGKILL')))
    },
  }
}
