import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Redis } from 'ioredis'

import { startEmbeddedPostgres } from '@importer/embedded-postgres'

import { queryOnce } from '../../../../tests/support/query-once.ts'
import { startRedisServer } from '../../../../tests/support/redis-server.ts'
import type { QueueLocation } from '../../src/create-queues.ts'
import { migrateQueue } from '../../src/postgres-backend.ts'

/** A real server that can hold queues, can go away, and comes back on the same port with what it held. */
export interface QueueServer {
  /** A place on it that holds no job yet. */
  makeLocation(): Promise<QueueLocation>
  /** Takes the lock of a running job away from its worker, as if it had not been renewed. */
  breakLock(location: QueueLocation, jobId: string): Promise<void>
  goAway(): Promise<void>
  comeBack(): Promise<void>
  end(): Promise<void>
}

/** Of the databases that hold queues: copying one is much quicker than migrating another. */
const TEMPLATE = 'queue_template'

export interface PostgresQueueServer extends QueueServer {
  /** The URL of a new database, without BullMQ's tables unless it is a copy of one that has them. */
  makeDatabase(name: string, template?: string): Promise<string>
  /** The URL of that database for a role that reads and writes BullMQ's rows and may create nothing. */
  addLimitedRole(location: QueueLocation): Promise<string>
}

export async function startPostgresQueueServer(): Promise<PostgresQueueServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'queue-postgres-'))
  // PostgreSQL refuses to run as root: its own user must be able to pass through.
  await chmod(dataDir, 0o755)
  const options = { dataDir, log: () => undefined, settings: { fsync: 'off' } }
  let server = await startEmbeddedPostgres(options)
  const { port, ownerUrl: url } = server
  let databases = 0
  async function makeDatabase(name: string, template = 'template0'): Promise<string> {
    await queryOnce(url, `CREATE DATABASE ${name} TEMPLATE ${template}`)
    const databaseUrl = new URL(url)
    databaseUrl.pathname = `/${name}`
    return databaseUrl.href
  }
  await migrateQueue(await makeDatabase(TEMPLATE))
  return {
    makeDatabase,
    async addLimitedRole(location) {
      if (location.kind !== 'postgres') throw new Error('another kind of server')
      await queryOnce(
        location.databaseUrl,
        `CREATE ROLE limited LOGIN PASSWORD 'limited';
         GRANT USAGE ON SCHEMA bullmq TO limited;
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bullmq TO limited;
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA bullmq TO limited`,
      )
      const databaseUrl = new URL(location.databaseUrl)
      databaseUrl.username = 'limited'
      databaseUrl.password = 'limited'
      return databaseUrl.href
    },
    async makeLocation() {
      databases += 1
      return { kind: 'postgres', databaseUrl: await makeDatabase(`queue_${databases}`, TEMPLATE) }
    },
    async breakLock(location, jobId) {
      if (location.kind !== 'postgres') throw new Error('another kind of server')
      await queryOnce(
        location.databaseUrl,
        `UPDATE bullmq.job SET lock_token = 'x', locked_until_ms = 1 WHERE id = '${jobId}'`,
      )
    },
    goAway: () => server.stop(),
    async comeBack() {
      server = await startEmbeddedPostgres({ ...options, preferredPort: port })
    },
    async end() {
      await server.stop()
      await rm(dataDir, { recursive: true })
    },
  }
}

export async function startRedisQueueServer(): Promise<QueueServer> {
  const server = await startRedisServer({ databases: '100', appendonly: 'yes', appendfsync: 'no' })
  let databases = 0
  return {
    async makeLocation() {
      databases += 1
      return { kind: 'redis', redisUrl: `${server.url}/${databases}` }
    },
    async breakLock(location, jobId) {
      if (location.kind !== 'redis') throw new Error('another kind of server')
      const client = new Redis(location.redisUrl)
      await client.del(`{redemptions}:imports:${jobId}:lock`)
      client.disconnect()
    },
    goAway: server.kill,
    comeBack: server.startAgain,
    end: server.stop,
  }
}
