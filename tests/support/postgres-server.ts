import { randomUUID } from 'node:crypto'
import { chmod, readFile } from 'node:fs/promises'
import path from 'node:path'

import { startEmbeddedPostgres, type DatabaseUrls, type EmbeddedPostgres } from '@importer/embedded-postgres'

import { afterFile } from './after-file.ts'
import { migrateForApp } from './migrate-for-app.ts'
import { queryOnce } from './query-once.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'
import { waitUntil } from './wait-until.ts'

/**
 * A PostgreSQL of a test's own, which may be killed. It keeps its promises: what is committed is there after a crash. Its addresses, the
 * same after a restart, are those of a migrated, empty database.
 */
export interface PostgresServer extends DatabaseUrls {
  /** Ends it as `pg_ctl restart -m immediate` does, which is a crash for all who are connected, and starts it again. */
  restartAtOnce(): Promise<void>
  /** The lines of its log with ERROR, FATAL or PANIC since this was called last. */
  readLoggedErrors(): Promise<string[]>
}

export async function startPostgresServer(): Promise<PostgresServer> {
  const dataDir = await makeTemporaryFolder()
  // PostgreSQL refuses to run as root: its own user must be able to pass through.
  await chmod(dataDir, 0o755)
  const start = async (port?: number): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({
      dataDir,
      log: () => undefined,
      // The machine stays up, so what was handed to it is safe without waiting for the disk.
      settings: { fsync: 'off' },
      ...(port === undefined ? {} : { preferredPort: port }),
    })
  let server = await start()
  afterFile(async () => server.stop())
  const { url, ownerUrl, port } = server
  let lastRead = ''
  await migrateForApp(server)
  return {
    url,
    ownerUrl,
    async readLoggedErrors() {
      const end = randomUUID()
      await queryOnce(ownerUrl, `DO $$ BEGIN RAISE LOG '${end}'; END $$`)
      const file = path.join(dataDir, 'logs', 'postgres.log')
      const log = await waitUntil('the log is written', async () => {
        const text = await readFile(file, 'utf8')
        return text.includes(end) ? text : null
      })
      const since = log.slice(log.indexOf(lastRead))
      lastRead = end
      return since.split('\n').filter((line) => /\b(?:ERROR|FATAL|PANIC): /.test(line))
    },
    async restartAtOnce() {
      const { exited } = server
      process.kill(await readPostmasterPid(dataDir), 'SIGQUIT')
      await exited
      server = await start(port)
      if (server.url !== url) throw new Error(`the database moved from port ${port} to ${server.port}`)
    },
  }
}

/** Of the server whose cluster lies in that DATA_DIR. */
export async function readPostmasterPid(dataDir: string): Promise<number> {
  const pidFile = await readFile(path.join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8')
  const pid = Number.parseInt(pidFile, 10)
  if (!Number.isInteger(pid)) throw new Error(`no process id in ${pidFile}`)
  return pid
}
