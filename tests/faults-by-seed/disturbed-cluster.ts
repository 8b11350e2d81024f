import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

import type { AppProcess } from '../support/app-process.ts'
import { startFaultyProxy, type FaultyProxy } from '../support/faulty-proxy.ts'
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts'
import { queryOnce } from '../support/query-once.ts'
import { startRedisServer, type RedisServer } from '../support/redis-server.ts'
import { startCluster, type Member, type RunningCluster } from '../support/running-cluster.ts'
import type { S3Fault } from '../support/s3-storage.ts'
import type { SmallDisk } from '../support/small-disk.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitUntil } from '../support/wait-until.ts'
import { startDisturbedStorage, type DisturbedStorage, type StorageKind } from './disturbed-storage.ts'
import type { FaultKind, Step } from './draw-step.ts'
import type { MeasuredParts } from './footprint.ts'
import { LogSearch } from './log-search.ts'
import type { QueueKind } from './options.ts'

const CLOCK_SHIFTER = pathToFileURL(path.join(import.meta.dirname, 'shift-clock.fixture.mjs')).href
const MEMORY_REPORTER = pathToFileURL(path.join(import.meta.dirname, 'report-memory.fixture.mjs')).href
/** With the limits of `npm run start:intake` and `start:worker`. */
const INTAKE_OPTIONS = `--max-old-space-size=104 --max-semi-space-size=4 --import ${MEMORY_REPORTER}`
const WORKER_OPTIONS = `--max-old-space-size=256 --import ${MEMORY_REPORTER}`
/** Webhooks go to a receiver on this machine. */
const SOAK_ENV = { WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' }
/** The mixed imports are larger, and are there to be many. */
const SOAK_BATCH_ROWS = 250
const SLOW_MS = 100
const SLOW_STORAGE_MS = 300
/** Small, so that a file has many, between which and in which things go wrong. */
const BATCH_ROWS = 25
/** A job's lock ends within 4 s, and the next look for such jobs is within 6 s. */
const TAKE_OVER_WITHIN_MS = 30_000
/** Space for what `/readyz` tries, and less than any file has that is uploaded. */
const LITTLE_SPACE_BYTES = 8_192

/** The importer on several machines, each of whose connections to a peer can be disturbed. */
export interface DisturbedCluster {
  readonly cluster: RunningCluster
  /** Past what disturbs it: as intake and worker have it, and for who may look at everything. */
  readonly databaseUrl: string
  readonly ownerUrl: string
  /** What all processes have printed, searched. */
  readonly logs: LogSearch
  /** Those that run, and those that the last fault has ended. */
  listProcesses(): AppProcess[]
  /** The small file system of the storage, where there is one. */
  readonly disk: SmallDisk | null
  /** What a soak measures: of the processes, the oldest of each kind, which no fault ends. */
  readonly measuredParts: MeasuredParts
  readonly storageEnv: Readonly<Record<string, string>>
  /** Whether this fault can be caused here: some need root. */
  canSuffer(fault: FaultKind): boolean
  /** Causes the step's fault while the import of `held` is blocked, and repairs it. */
  suffer(step: Step, held: HeldImport): Promise<void>
  stop(): Promise<void>
}

/** What a fault happens amid. */
export interface HeldImport {
  readonly importId: number
  /** Lets it go on. */
  release(): Promise<void>
  /** To be done while the storage takes no file, by way of this intake. */
  whileStorageRefuses(intake: Member): Promise<void>
  /** The same while it is slow. */
  whileStorageIsSlow(intake: Member): Promise<void>
}

export interface DisturbedOptions {
  readonly queue: QueueKind
  readonly storage: StorageKind
  /** Whether the oldest process of each kind is never ended, so that what it holds on to can be measured. */
  readonly isSoak: boolean
}

export async function startDisturbedCluster({
  queue,
  storage: storageKind,
  isSoak,
}: DisturbedOptions): Promise<DisturbedCluster> {
  const server = await startPostgresServer()
  const database = await startFaultyProxy(server.url, 5432)
  const redis = queue === 'redis' ? await startRedisServer() : null
  const redisWay = redis === null ? null : await startFaultyProxy(redis.url, 6379)
  const storage = await startDisturbedStorage(storageKind)
  const temporaryFolder = await makeTemporaryFolder()
  const logs = new LogSearch()
  const cluster = await startCluster({
    database: { url: database.url, ownerUrl: server.ownerUrl },
    redisUrl: redisWay?.url,
    storage,
    env: { TMPDIR: temporaryFolder, ...(isSoak ? SOAK_ENV : {}) },
    ...(isSoak ? { intakeEnv: { NODE_OPTIONS: INTAKE_OPTIONS }, workerEnv: { NODE_OPTIONS: WORKER_OPTIONS } } : {}),
    partitions: 2,
    batchRows: isSoak ? SOAK_BATCH_ROWS : BATCH_ROWS,
    concurrency: 2,
    onLine: (line) => logs.search(line),
  })
  const listRunning = (): AppProcess[] => [...cluster.intakes, ...cluster.workers].map(({ app }) => app)
  let beforeFault: AppProcess[] = []
  const parts: Parts = { cluster, spared: isSoak ? 1 : 0, server, database, redis, redisWay, storage }
  return {
    cluster,
    databaseUrl: server.url,
    ownerUrl: server.ownerUrl,
    logs,
    listProcesses: () => [...new Set([...beforeFault, ...listRunning()])],
    disk: storage.disk,
    storageEnv: storage.env,
    get measuredParts() {
      const lasting = new Map<string, AppProcess>()
      for (const [name, [oldest]] of [
        ['intake', cluster.intakes],
        ['worker', cluster.workers],
      ] as const) {
        if (oldest !== undefined) lasting.set(name, oldest.app)
      }
      return { ownerUrl: server.ownerUrl, redis, lasting, temporaryFolder }
    },
    canSuffer: (fault) => storage.disk !== null || (fault !== 'disk-full' && fault !== 'disk-away'),
    async suffer(step, held) {
      beforeFault = listRunning()
      await bringAbout(parts, step, held)
    },
    async stop() {
      await cluster.stop()
      await storage.stop()
      await redisWay?.stop()
      await redis?.stop()
      await database.stop()
    },
  }
}

interface Parts {
  readonly cluster: RunningCluster
  /** So many processes of each kind, the oldest, are never ended. */
  readonly spared: number
  readonly server: PostgresServer
  readonly database: FaultyProxy
  readonly redis: RedisServer | null
  readonly redisWay: FaultyProxy | null
  readonly storage: DisturbedStorage
}

async function bringAbout(parts: Parts, step: Step, held: HeldImport): Promise<void> {
  const { importId, release } = held
  const { cluster, server, database, redis, redisWay, storage } = parts
  const pass = async (): Promise<void> => delay(step.lastsMs)
  const disturb = async (way: FaultyProxy | null, kind: 'reset' | 'slow' | 'silent'): Promise<void> => {
    if (way === null) throw new Error(`${step.fault}: there is no such way in this topology`)
    way.disturb(kind === 'slow' ? { kind, delayMs: SLOW_MS } : { kind })
    await release()
    await pass()
    way.heal()
  }
  const sufferStorage = async (fault: S3Fault): Promise<void> => {
    storage.s3?.suffer(fault)
    await release()
    await pass()
    storage.s3?.suffer(null)
  }
  switch (step.fault) {
    case 'freeze-worker': {
      const { app } = await findVictim(parts, step, importId)
      const before = await readFencingToken(server.ownerUrl, importId)
      app.freeze()
      await release()
      // Where the frozen one held nothing of it, it may simply end.
      await waitUntil(
        'another worker took the import over',
        async () =>
          (await readFencingToken(server.ownerUrl, importId)) > before || (await isOver(server.ownerUrl, importId)),
        TAKE_OVER_WITHIN_MS,
      )
      app.thaw()
      return
    }
    case 'kill-worker':
      return endWorkers(cluster, [await findVictim(parts, step, importId)], 'SIGKILL', release)
    case 'kill-all-workers':
      return endWorkers(cluster, cluster.workers.slice(parts.spared), 'SIGKILL', release)
    case 'stop-worker':
      return endWorkers(cluster, [await findVictim(parts, step, importId)], 'SIGTERM', release)
    case 'worker-clock': {
      const env = { NODE_OPTIONS: `--import ${CLOCK_SHIFTER}`, CLOCK_OFFSET_MS: String(step.clockOffsetMs) }
      return endWorkers(cluster, [await findVictim(parts, step, importId)], 'SIGKILL', release, env)
    }
    case 'kill-intake': {
      const victim = chooseIntake(parts, step, parts.spared)
      await victim.app.kill('SIGKILL')
      cluster.forget(victim)
      await release()
      await cluster.startIntake()
      return
    }
    case 'database-reset':
      return disturb(database, 'reset')
    case 'database-slow':
      return disturb(database, 'slow')
    case 'database-silent':
      return disturb(database, 'silent')
    case 'database-restart':
      // It takes along what holds the import up.
      await server.restartAtOnce()
      return release()
    case 'queue-reset':
      return disturb(redisWay, 'reset')
    case 'queue-slow':
      return disturb(redisWay, 'slow')
    case 'queue-flush':
      if (redis === null) await queryOnce(server.ownerUrl, 'DELETE FROM bullmq.job')
      else await redis.flush()
      return release()
    case 'queue-restart':
      await redis?.kill()
      await release()
      await pass()
      return redis?.startAgain()
    case 'storage-slow': {
      const network = storage.s3?.network
      if (network === undefined) throw new Error('only an S3 can be slow')
      const before = network.delayed
      network.disturb({ kind: 'slow', delayMs: SLOW_STORAGE_MS })
      await held.whileStorageIsSlow(chooseIntake(parts, step))
      if (network.delayed === before) throw new Error('an upload has passed a slow S3 by')
      await release()
      await pass()
      return network.heal()
    }
    case 'storage-refuses':
      return sufferStorage({ kind: 'refuse', status: 503, code: 'SlowDown' })
    case 'storage-truncates':
      return sufferStorage({ kind: 'cut', afterBytes: 2_000 })
    case 'storage-silent':
      return disturb(storage.s3?.network ?? null, 'silent')
    case 'disk-full':
      await storage.disk?.leaveFree(LITTLE_SPACE_BYTES)
      await held.whileStorageRefuses(chooseIntake(parts, step))
      await storage.disk?.leaveFree(0)
      await waitUntilNotReady(chooseIntake(parts, step))
      await release()
      await pass()
      return storage.disk?.empty()
    case 'disk-away':
      storage.disk?.hide()
      await held.whileStorageRefuses(chooseIntake(parts, step))
      await waitUntilNotReady(chooseIntake(parts, step))
      await release()
      await pass()
      storage.disk?.show()
  }
}

function chooseIntake({ cluster }: Parts, { victim }: Step, spared = 0): Member {
  const intakes = cluster.intakes.slice(spared)
  const chosen = intakes[victim % intakes.length]
  if (chosen === undefined) throw new Error('no intake app runs')
  return chosen
}

/** What an intake says of its storage it knows for 5 s. */
async function waitUntilNotReady({ url }: Member): Promise<void> {
  await waitUntil(`${url}/readyz was 503 for its storage`, async () => {
    const response = await fetch(`${url}/readyz`)
    const { checks } = (await response.json()) as { checks: { storage?: { ok: boolean } } }
    return response.status === 503 && checks.storage?.ok === false
  })
}

async function endWorkers(
  cluster: RunningCluster,
  victims: readonly Member[],
  signal: 'SIGKILL' | 'SIGTERM',
  release: () => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  // A worker that is to end cleanly waits for its batch, and that for what holds it up.
  const ended = victims.map(async ({ app }) => app.kill(signal))
  if (signal === 'SIGKILL') await Promise.all(ended)
  await release()
  await Promise.all(ended)
  for (const victim of victims) cluster.forget(victim)
  await Promise.all(victims.map(async () => cluster.startWorker(env)))
}

/** The worker that has the import, as its log has it, or the one that was drawn. */
async function findVictim(parts: Parts, { hitsHolder, victim }: Step, importId: number): Promise<Member> {
  const workers = parts.cluster.workers.slice(parts.spared)
  const started = new RegExp(`"importId":${importId}\\b.*"msg":"import (?:started|taken over|resumed)`)
  const holder = hitsHolder ? workers.find(({ app }) => started.test(app.readOutput())) : undefined
  const chosen = holder ?? workers[victim % workers.length]
  if (chosen === undefined) throw new Error('no worker runs')
  return chosen
}

async function readFencingToken(ownerUrl: string, importId: number): Promise<number> {
  const [row] = await queryOnce<{ token: number }>(ownerUrl, 'SELECT lease AS token FROM import WHERE id = $1', [
    importId,
  ])
  return row?.token ?? 0
}

async function isOver(ownerUrl: string, importId: number): Promise<boolean> {
  const over = `SELECT FROM import WHERE id = $1 AND status NOT IN ('queued', 'processing')`
  return (await queryOnce(ownerUrl, over, [importId])).length > 0
}
