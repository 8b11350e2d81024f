import { BoundedClient, BoundedPool, LIMITS, POSTGRES_CONNECTION, POSTGRES_REQUESTS } from '@importer/connections'
import { JOBS } from '@importer/contracts'
import { createPostgresBackend, DEFAULT_SCHEMA as QUEUE_SCHEMA, Queue, runMigrations, type PgPool } from 'bullmq'

import { QUEUE_OPTIONS, type QueueBackend } from './backend.ts'
import { PacedWorker } from './paced-worker.ts'
import { QueueUnavailableError } from './queue-unavailable-error.ts'

export { QUEUE_SCHEMA }

/** Of the queues that add jobs, all together. */
const PRODUCER_CONNECTIONS = 2
/** Of one worker, besides the one that listens: taking, renewing and finishing jobs are short. */
const WORKER_CONNECTIONS = 2

/**
 * BullMQ in the schema `bullmq` of a PostgreSQL database. `reportError` hears of connections that break while idle.
 * It needs direct connections: workers LISTEN, and PgBouncer refuses `options`.
 */
export function openPostgresBackend(databaseUrl: string, reportError: (error: Error) => void): QueueBackend {
  const pool = new BoundedPool({
    ...describeConnection(databaseUrl),
    max: PRODUCER_CONNECTIONS,
    requestTimeoutMs: LIMITS.queue.requestMs,
    application_name: 'redemptions-queue',
  })
  pool.on('error', reportError)
  // BullMQ describes in types of its own what it needs of pg; the compiler cannot match pg's generic `on` with them.
  const connection = pool as unknown as PgPool
  return {
    openQueue: (name) => new Queue(name, { ...QUEUE_OPTIONS, connection }, createPostgresBackend),
    openWorker: (name, processor, options) => {
      const workerConnection = {
        ...POSTGRES_REQUESTS,
        ...describeConnection(databaseUrl),
        // BullMQ makes the pool, of these.
        Client: BoundedClient,
        schema: QUEUE_SCHEMA,
        max: WORKER_CONNECTIONS,
        requestTimeoutMs: LIMITS.queue.workerRequestMs,
        // For the connection that listens, which BullMQ makes with a client of pg's own.
        query_timeout: LIMITS.queue.workerRequestMs,
        application_name: 'redemptions-queue-worker',
      }
      return new PacedWorker(name, processor, { ...options, connection: workerConnection }, createPostgresBackend)
    },
    async findJobs(queueName, jobIds) {
      const { rows } = await pool.query<{ id: string }>('SELECT id FROM job WHERE queue = $1 AND id = ANY ($2)', [
        queueName,
        jobIds,
      ])
      return rows.map(({ id }) => id)
    },
    async ping() {
      const { rows } = await pool.query<{ found: boolean }>(`SELECT to_regclass('job') IS NOT NULL AS found`)
      if (rows[0]?.found !== true) {
        throw new QueueUnavailableError(
          `the schema ${QUEUE_SCHEMA} is missing from the database; run \`npm run migrate\``,
        )
      }
    },
    close: () => pool.end(),
  }
}

/**
 * Brings BullMQ's tables in the database up to date, under an advisory lock of its own, so that any number of processes
 * may call it at once. For a deployment without Redis; harmless otherwise. Intake and worker create nothing in the schema.
 */
export async function migrateQueue(databaseUrl: string): Promise<void> {
  const client = new BoundedClient({ ...POSTGRES_CONNECTION, connectionString: databaseUrl })
  await client.connect()
  try {
    await runMigrations(client, QUEUE_SCHEMA)
    // BullMQ creates a queue's sequence of job ids when it first adds jobs in bulk, which a role without CREATE may not do.
    // Its function makes the sequence where there is none; the id that it gives is lost, and our jobs bring their own.
    await client.query(`SELECT "${QUEUE_SCHEMA}".next_job_id(queue) FROM unnest($1::text[]) AS queue`, [
      Object.values(JOBS).map(({ queue }) => queue),
    ])
  } finally {
    await client.end()
  }
}

/** The URL's own `options` and ours: pg takes the former alone when both are given. */
function describeConnection(databaseUrl: string) {
  const url = new URL(databaseUrl)
  const givenOptions = url.searchParams.get('options')
  url.searchParams.delete('options')
  const searchPath = `-c search_path="${QUEUE_SCHEMA}"`
  return {
    connectionString: url.href,
    options: givenOptions === null ? searchPath : `${givenOptions} ${searchPath}`,
  }
}
