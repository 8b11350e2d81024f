import { BoundedClient, POSTGRES_CONNECTION } from '@importer/connections'
import type { QueryResultRow } from 'pg'

import type { Database } from './open-database.ts'

/** Lets a task run in one process at a time, over all that use the same database. */
export interface TaskLocks {
  /**
   * Runs `work`, unless another process runs a task of this name: then it resolves to null at once. Should the connection
   * break that holds the lock, the work goes on and another process may begin: the work must be harmless when done twice.
   */
  run<T>(task: string, work: () => Promise<T>): Promise<T | null>
  close(): Promise<void>
}

export interface TaskLockOptions {
  readonly url: string
  /** The connection broke; the next task makes a new one. */
  readonly onConnectionLost: (error: Error) => void
}

const REQUEST_TIMEOUT_MS = 5_000
/** The server takes the lock from a process that was stopped or cut off after so long. */
const SILENT_SESSION_MS = 30_000
const SIGN_OF_LIFE_EVERY_MS = 10_000
/** One of the two keys of PostgreSQL's advisory locks: these are ours. */
const LOCK_CLASS = 0x7265

/** Holds one connection for all tasks of the process, made when it is first needed. */
export function openTaskLocks({ url, onConnectionLost }: TaskLockOptions): TaskLocks {
  let opened: Promise<BoundedClient> | undefined
  /** The client of `opened`, which may not be connected yet. */
  let current: BoundedClient | undefined
  /** Settled when the last query so far has its answer. */
  let answered: Promise<unknown> = Promise.resolve()
  /** PostgreSQL would give a session the same lock again. */
  const running = new Set<string>()

  /** A task that outlives its connection drops it again at its end, when others may have a new one. */
  function drop(client: BoundedClient): void {
    if (client === current) opened = undefined
    client.end().catch(() => undefined)
  }

  async function connect(): Promise<BoundedClient> {
    const client = new BoundedClient({
      ...POSTGRES_CONNECTION,
      connectionString: url,
      application_name: 'worker-task-locks',
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      sessionSettings: { ...POSTGRES_CONNECTION.sessionSettings, idle_session_timeout: String(SILENT_SESSION_MS) },
    })
    current = client
    client.on('error', (error) => {
      drop(client)
      onConnectionLost(error)
    })
    await client.connect()
    return client
  }

  async function open(): Promise<BoundedClient> {
    opened ??= connect()
    try {
      return await opened
    } catch (error) {
      opened = undefined
      throw error
    }
  }

  /** The tasks share the connection, and pg takes one query at a time. */
  function query<Row extends QueryResultRow>(client: BoundedClient, text: string, values: unknown[] = []) {
    const answer = answered.then(async () => client.query<Row>(text, values))
    answered = answer.catch(() => undefined)
    return answer
  }

  async function runLocked<T>(task: string, work: () => Promise<T>): Promise<T | null> {
    const client = await open()
    const key = [LOCK_CLASS, task]
    try {
      const { rows } = await query<{ taken: boolean }>(
        client,
        'SELECT pg_try_advisory_lock($1::int, hashtext($2)) AS taken',
        key,
      )
      if (rows[0]?.taken !== true) return null
    } catch (error) {
      drop(client)
      throw error
    }
    const signs = setInterval(() => {
      query(client, 'SELECT 1').catch(() => drop(client))
    }, SIGN_OF_LIFE_EVERY_MS)
    signs.unref()
    try {
      return await work()
    } finally {
      clearInterval(signs)
      // A lock that cannot be given back goes with its connection.
      await query(client, 'SELECT pg_advisory_unlock($1::int, hashtext($2))', key).catch(() => drop(client))
    }
  }

  return {
    async run(task, work) {
      if (running.has(task)) return null
      running.add(task)
      try {
        return await runLocked(task, work)
      } finally {
        running.delete(task)
      }
    },
    async close() {
      const client = await opened?.catch(() => undefined)
      opened = undefined
      await client?.end().catch(() => undefined)
    },
  }
}

/** How far a task had come when it ran last; null: it ran less than `everyMs` ago, in whichever process. */
export async function findDueTask({ prisma }: Database, task: string, everyMs: number): Promise<number | null> {
  const [row] = await prisma.$queryRaw<{ reached: bigint; due: boolean }[]>`
    SELECT reached, ran_at <= clock_timestamp() - ${everyMs}::float8 * interval '1 millisecond' AS due
    FROM maintenance WHERE task = ${task}::text`
  if (row === undefined) return 0
  return row.due ? Number(row.reached) : null
}

/** The task has run just now and come so far, in what it counts; 0 is the beginning. */
export async function recordTask({ prisma }: Database, task: string, reached: number): Promise<void> {
  await prisma.$executeRaw`
    INSERT INTO maintenance (task, ran_at, reached) VALUES (${task}::text, clock_timestamp(), ${reached}::bigint)
    ON CONFLICT (task) DO UPDATE SET ran_at = excluded.ran_at, reached = excluded.reached`
}
