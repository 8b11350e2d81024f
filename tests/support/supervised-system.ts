import { chmod, readdir, readFile } from 'node:fs/promises'

import { chooseFreePort, findEmbeddedPostgres, type DatabaseUrls } from '@importer/embedded-postgres'

import { afterFile } from './after-file.ts'
import { startApp, type AppProcess } from './app-process.ts'
import { findAppPids } from './find-app-pids.ts'
import { ImporterClient } from './importer-client.ts'
import { readPostmasterPid } from './postgres-server.ts'
import { searchLogs } from './private-text.ts'
import { TEST_KEY, TEST_ORG, type SystemOptions } from './running-system.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'

/** What `npm start` runs: the supervisor, embedded PostgreSQL, intake and worker. */
export interface SupervisedSystem {
  readonly client: ImporterClient
  /** Of the embedded database as it is now; null while it is away. */
  findDatabaseUrls(): DatabaseUrls | null
  /** The process ids of what runs now under the supervisor. */
  findPids(): Promise<Record<'intake' | 'worker' | 'postgres', number>>
  /** Kills the supervisor and everything under it, the database's own processes included, in one go. */
  killEverything(): Promise<void>
  /** Starts it in the same folder and on the same port, and resolves when it says that it is ready. */
  start(): Promise<void>
  /** Ctrl-C; gives how it ended. */
  stop(): Promise<string>
}

export async function startSupervisedSystem(options: SystemOptions): Promise<SupervisedSystem> {
  const dataDir = await makeTemporaryFolder()
  // Its programs print to files, which hold all that they said when everything has ended.
  afterFile(async () => searchLogs(dataDir))
  // PostgreSQL refuses to run as root: its own user must be able to pass through.
  await chmod(dataDir, 0o755)
  const port = await chooseFreePort()
  const env = {
    PORT: String(port),
    DATA_DIR: dataDir,
    BOOTSTRAP_ORG_ID: String(TEST_ORG),
    BOOTSTRAP_API_KEY: TEST_KEY,
    IMPORT_PARTITIONS: String(options.partitions ?? 2),
    IMPORT_BATCH_ROWS: String(options.batchRows ?? 100),
    WORKER_CONCURRENCY: String(options.concurrency ?? 2),
    ...(options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl }),
  }
  let supervisor: AppProcess | undefined
  const system: SupervisedSystem = {
    client: new ImporterClient(`http://127.0.0.1:${port}`, TEST_KEY),
    findDatabaseUrls: () => findEmbeddedPostgres({ dataDir }),
    async findPids() {
      return { ...(await findAppPids(dataDir)), postgres: await readPostmasterPid(dataDir) }
    },
    async killEverything() {
      const { intake, worker, postgres } = await system.findPids()
      const backends = await findChildren(postgres)
      for (const pid of [supervisor?.pid, intake, worker, postgres, ...backends]) {
        if (pid !== undefined) killIfThere(pid)
      }
      await supervisor?.exited
    },
    async start() {
      supervisor = await startApp('supervisor', { env, isReady: (output) => output.includes('Ready at') })
      // Before what kills the supervisor alone, and leaves its children to notice.
      afterFile(async () => {
        await system.stop()
      })
    },
    async stop() {
      return (await supervisor?.kill('SIGINT')) ?? 'never started'
    },
  }
  await system.start()
  return system
}

/** A process that has ended meanwhile is as good as killed. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function findChildren(parent: number): Promise<number[]> {
  const children: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const status = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    // The name in brackets may hold spaces: state and parent follow the last bracket.
    if (Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]) === parent) children.push(Number(name))
  }
  return children
}
