import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

import type { AppProcess } from '../support/app-process.ts'
import { startFaultyProxy, type FaultyProxy } from '../support/faulty-proxy.ts'
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts'
import { queryOnce } from '../support/query-once.ts'
import { startRedisServer, type RedisServer } from '../support/redis-server.ts'
import { startCluster, type Member, type RunningCluster } from '../support/running-cluster.ts'
import { startS3Storage, type S3Storage } from '../support/s3-storage.ts'
import { waitUntil } from '../support/wait-until.ts'
import type { Step } from './draw-step.ts'
import type { QueueKind } from './options.ts'

const CLOCK_SHIFTER = pathToFileURL(path.join(import.meta.dirname, 'shift-clock.fixture.mjs')).href
const SLOW_MS = 100
/** Small, so that a file has many, between which and in which things go wrong. */
const BATCH_ROWS = 25
/** A job's lock ends within 4 s, and the next look for such jobs is within 6 s. */
const TAKE_OVER_WITHIN_MS = 30_000

/** The importer on several machines, each of whose connections to a peer can be disturbed. */
export interface DisturbedCluster {
  readonly cluster: RunningCluster
  /** The database as it is, past what is disturbed. */
  readonly databaseUrl: string
  /** Every process that ran since the last call, ended ones too. */
  listProcesses(): AppProcess[]
  /** Brings the step's fault about while `release` has not let the import go on that is held up, and mends it. */
  suffer(step: Step, importId: number, release: () => Promise<void>): Promise<void>
  stop(): Promise<void>
}

export async function startDisturbedCluster(queue: QueueKind): Promise<DisturbedCluster> {
  const server = await startPostgresServer()
  const database = await startFaultyProxy(server.url, 5432)
  const redis = queue === 'redis' ? await startRedisServer() : null
  const redisWay = redis === null ? null : await startFaultyProxy(redis.url, 6379)
  const storage = await startS3Storage()
  const cluster = await startCluster({
    databaseUrl: database.url,
    redisUrl: redisWay?.url,
    storage,
    env: storage.disturbedEnv,
    partitions: 2,
    batchRows: BATCH_ROWS,
    concurrency: 2,
  })
  const ran = new Set<AppProcess>()
  const parts = { cluster, server, database, redis, redisWay, storage }
  return {
    cluster,
    databaseUrl: server.url,
    listProcesses() {
      const now = [...cluster.intakes, ...cluster.workers].map(({ app }) => app)
      const all = [...ran, ...now]
      ran.clear()
      for (const app of now) ran.add(app)
      return [...new Set(all)]
    },
    async suffer(step, importId, release) {
      await bringAbout(parts, step, importId, release)
      for (const { app } of [...cluster.intakes, ...cluster.workers]) ran.add(app)
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
  readonly server: PostgresServer
  readonly database: FaultyProxy
  readonly redis: RedisServer | null
  readonly redisWay: FaultyProxy | null
  readonly storage: S3Storage
}

async function bringAbout(parts: Parts, step: Step, importId: number, release: () => Promise<void>): Promise<void> {
  const { cluster, server, database, redis, redisWay, storage } = parts
  const pass = async (): Promise<void> => delay(step.lastsMs)
  const disturb = async (way: FaultyProxy | null, kind: 'reset' | 'slow' | 'silent'): Promise<void> => {
    if (way === null) throw new Error(`${step.fault}: there is no such way in this topology`)
    way.disturb(kind === 'slow' ? { kind, delayMs: SLOW_MS } : { kind })
    await release()
    await pass()
    way.heal()
  }
  switch (step.fault) {
    case 'freeze-worker': {
      const { app } = await findVictim(parts, step, importId)
      const before = await readFencingToken(server.url, importId)
      app.freeze()
      await release()
      // Where the frozen one held nothing of it, it may simply end.
      await waitUntil(
        'another worker took the import over',
        async () => (await readFencingToken(server.url, importId)) > before || (await isOver(server.url, importId)),
        TAKE_OVER_WITHIN_MS,
      )
      app.thaw()
      return
    }
    case 'kill-worker':
      return endWorkers(cluster, [await findVictim(parts, step, importId)], 'SIGKILL', release)
    case 'kill-all-workers':
      return endWorkers(cluster, cluster.workers, 'SIGKILL', release)
    case 'stop-worker':
      return endWorkers(cluster, [await findVictim(parts, step, importId)], 'SIGTERM', release)
    case 'worker-clock': {
      const env = { NODE_OPTIONS: `--import ${CLOCK_SHIFTER}`, CLOCK_OFFSET_MS: String(step.clockOffsetMs) }
      return endWorkers(cluster, [await findVictim(parts, step, importId)], 'SIGKILL', release, env)
    }
    case 'kill-intake': {
      const victim = cluster.intakes[step.victim % cluster.intakes.length]
      if (victim === undefined) throw new Error('no intake app runs')
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
      if (redis === null) await queryOnce(server.url, 'DELETE FROM bullmq.job')
      else await redis.flush()
      return release()
    case 'queue-restart':
      await redis?.kill()
      await release()
      await pass()
      return redis?.startAgain()
    case 'storage-refuses':
    case 'storage-truncates':
      storage.suffer(
        step.fault === 'storage-refuses'
          ? { kind: 'refuse', status: 503, code: 'SlowDown' }
          : { kind: 'cut', afterBytes: 2_000 },
      )
      await release()
      await pass()
      storage.suffer(null)
      return
    case 'storage-silent':
      return disturb(storage.network, 'silent')
  }
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
async function findVictim({ cluster }: Parts, { hitsHolder, victim }: Step, importId: number): Promise<Member> {
  const { workers } = cluster
  const started = new RegExp(`"importId":${importId}\\b.*"msg":"import (?:started|taken over|resumed)`)
  const holder = hitsHolder ? workers.find(({ app }) => started.test(app.readOutput())) : undefined
  const chosen = holder ?? workers[victim % workers.length]
  if (chosen === undefined) throw new Error('no worker runs')
  return chosen
}

async function readFencingToken(databaseUrl: string, importId: number): Promise<number> {
  const [row] = await queryOnce<{ token: number }>(databaseUrl, 'SELECT lease AS token FROM import WHERE id = $1', [
    importId,
  ])
  return row?.token ?? 0
}

async function isOver(databaseUrl: string, importId: number): Promise<boolean> {
  const over = `SELECT FROM import WHERE id = $1 AND status NOT IN ('queued', 'processing')`
  return (await queryOnce(databaseUrl, over, [importId])).length > 0
}
