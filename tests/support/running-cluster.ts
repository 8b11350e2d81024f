import { chooseFreePort } from '@importer/embedded-postgres'

import { afterFile } from './after-file.ts'
import type { AppProcess } from './app-process.ts'
import { ImporterClient } from './importer-client.ts'
import { startLoadBalancer, type LoadBalancer } from './load-balancer.ts'
import { findOrCreateDatabase, startIntakeApp, startWorkerApp, TEST_KEY, type SystemOptions } from './running-system.ts'
import { startS3Storage } from './s3-storage.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'
import { waitUntil } from './wait-until.ts'

export interface ClusterOptions extends SystemOptions {
  /** By default two. */
  readonly intakes?: number
  /** By default three. */
  readonly workers?: number
  /** By default an S3 of the cluster's own. */
  readonly storage?: ClusterStorage
}

/** Where all processes of a cluster keep their files. */
export interface ClusterStorage {
  readonly env: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** A process of a cluster, with where it says how it is. */
export interface Member {
  readonly app: AppProcess
  readonly url: string
}

export interface Intake extends Member {
  /** Of this one alone, past the load balancer. */
  readonly client: ImporterClient
}

type Variables = Readonly<Record<string, string>>

/**
 * The importer as a company runs it: several intake apps behind a load balancer and several workers, each a real process, over one
 * database, one queue (in the database, or on Redis where `redisUrl` is given) and one storage. They share no folder but that, where
 * it is one.
 */
export interface RunningCluster {
  /** By way of the load balancer. */
  readonly client: ImporterClient
  readonly balancer: LoadBalancer
  /** Of its database, as a superuser. */
  readonly ownerUrl: string
  /** Those that run, the oldest first. */
  readonly intakes: readonly Intake[]
  readonly workers: readonly Member[]
  /** Starts another one, of another program than that of this checkout if `file` is one, and resolves when the load balancer sends requests there. */
  startIntake(env?: Variables, file?: string): Promise<Intake>
  /** Starts another one, and resolves when its `/readyz` is good. */
  startWorker(env?: Variables, file?: string): Promise<Member>
  /** Forgets a process that has ended. */
  forget(member: Member): void
  stop(): Promise<void>
}

export async function startCluster(options: ClusterOptions = {}): Promise<RunningCluster> {
  const { url: databaseUrl, ownerUrl } = await findOrCreateDatabase(options.database)
  const storage: ClusterStorage = options.storage ?? (await startS3Storage())
  const balancer = await startLoadBalancer()
  const intakes = new Set<Intake>()
  const workers = new Set<Member>()
  const withStorage = { ...options, env: { ...storage.env, ...options.env } }

  const cluster: RunningCluster = {
    client: new ImporterClient(balancer.url, TEST_KEY),
    balancer,
    ownerUrl,
    get intakes() {
      return [...intakes]
    },
    get workers() {
      return [...workers]
    },
    async startIntake(env, file) {
      const { url, ...location } = await findLocation()
      const parts = { databaseUrl, dataDir: location.dataDir, options: withStorage }
      const app = await startIntakeApp(parts, location.port, env, file)
      const intake = { app, url, client: new ImporterClient(url, TEST_KEY) }
      intakes.add(intake)
      await balancer.add(url)
      return intake
    },
    async startWorker(env, file) {
      const { url, ...location } = await findLocation()
      const parts = { databaseUrl, dataDir: location.dataDir, options: withStorage }
      const worker = { url, app: await startWorkerApp(parts, { WORKER_PORT: String(location.port), ...env }, file) }
      workers.add(worker)
      await waitUntilReady(worker)
      return worker
    },
    forget(member) {
      balancer.remove(member.url)
      for (const intake of intakes) if (intake.url === member.url) intakes.delete(intake)
      workers.delete(member)
    },
    async stop() {
      await Promise.all([...intakes, ...workers].map(async ({ app }) => app.kill('SIGKILL')))
      await balancer.stop()
      if (options.storage === undefined) await storage.stop()
    },
  }
  // What a test that failed has forgotten.
  afterFile(async () => cluster.stop())
  await Promise.all([
    ...Array.from({ length: options.intakes ?? 2 }, async () => cluster.startIntake()),
    ...Array.from({ length: options.workers ?? 3 }, async () => cluster.startWorker()),
  ])
  return cluster
}

/** Each process has a folder of its own, as on a machine of its own. */
async function findLocation(): Promise<{ port: number; url: string; dataDir: string }> {
  const port = await chooseFreePort()
  return { port, url: `http://127.0.0.1:${port}`, dataDir: await makeTemporaryFolder() }
}

async function waitUntilReady({ url, app }: Member): Promise<void> {
  let ended: string | undefined
  app.exited.then(
    (how) => (ended = how),
    (error: unknown) => (ended = String(error)),
  )
  await waitUntil(`${url}/readyz was good`, async () => {
    if (ended !== undefined) throw new Error(`it ended before it was ready (${ended}):\n${app.readOutput()}`)
    return (await fetch(`${url}/readyz`).catch(() => null))?.ok === true
  })
}
