import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { Redis } from 'ioredis'
import pg from 'pg'

import { chooseFreePort, startEmbeddedPostgres } from '@importer/embedded-postgres'

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
    await query(url, `CREATE DATABASE ${name} TEMPLATE ${template}`)
    const databaseUrl = new URL(url)
    databaseUrl.pathname = `/${name}`
    return databaseUrl.href
  }
  await migrateQueue(await makeDatabase(TEMPLATE))
  return {
    makeDatabase,
    async addLimitedRole(location) {
      if (location.kind !== 'postgres') throw new Error('another kind of server')
      await query(
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
      await query(
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

async function query(databaseUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(statement)
  await client.end()
}

export async function startRedisQueueServer(): Promise<QueueServer> {
  const folder = await mkdtemp(join(tmpdir(), 'queue-redis-'))
  const port = await chooseFreePort()
  let server = await spawnRedis(port, folder)
  let databases = 0
  async function goAway(): Promise<void> {
    const exited = once(server, 'exit')
    server.kill('SIGKILL')
    await exited
  }
  return {
    async makeLocation() {
      databases += 1
      return { kind: 'redis', redisUrl: `redis://127.0.0.1:${port}/${databases}` }
    },
    async breakLock(location, jobId) {
      if (location.kind !== 'redis') throw new Error('another kind of server')
      const client = new Redis(location.redisUrl)
      await client.del(`{redemptions}:imports:${jobId}:lock`)
      client.disconnect()
    },
    goAway,
    async comeBack() {
      server = await spawnRedis(port, folder)
    },
    async end() {
      await goAway()
      await rm(folder, { recursive: true })
    },
  }
}

async function spawnRedis(port: number, folder: string): Promise<ChildProcess> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--databases', '100']
  const durability = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'no']
  const server = spawn('redis-server', [...settings, ...durability], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: server.stdout })) {
    if (line.includes('Ready to accept connections')) {
      server.stdout.resume()
      return server
    }
  }
  throw new Error(`redis-server did not start on port ${port}`)
}
